"""The output dialog: good, scrap with reasons and rework, with what they will do before they count."""
