"""The front door of the shop: every command and every question goes through it. Deep, and rarely touched."""
