"""The shop-floor terminal: release, start, supply, report and complete work orders over one shared database."""

__version__ = "1.0.0"
