"""Materials: what orders need and what of it is reserved, issued and missing; and the stock by lot with its ledger."""
