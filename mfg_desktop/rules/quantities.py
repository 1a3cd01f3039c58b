"""How quantities are rounded, so that parts always add up to the whole."""

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

STEP = Decimal("0.001")
ZERO = Decimal(0)


def rounded(quantity: Decimal) -> Decimal:
    """Round to three places, half up."""
    return quantity.quantize(STEP, ROUND_HALF_UP)


def required(*, per_piece: Decimal, ordered: Decimal, scrap_percentage: Decimal) -> Decimal:
    """Required = BOM quantity x ordered x (1 + scrap percentage / 100)."""
    return rounded(per_piece * ordered * (1 + scrap_percentage / 100))


def used_by(pieces: Decimal, *, required: Decimal, ordered: Decimal) -> Decimal:
    """What `pieces` have used in all: required / ordered for each. Computed from the total, so that the last piece uses up the last bit."""
    return rounded(required * pieces / ordered)


def whole_pieces(pieces: Decimal) -> Decimal:
    """Whole pieces, rounded down."""
    return pieces.quantize(Decimal(1), ROUND_FLOOR)


def limit(ordered: Decimal, tolerance_percent: Decimal) -> Decimal:
    """Good pieces that may be reported in all: ordered x (1 + tolerance / 100)."""
    return rounded(ordered * (1 + tolerance_percent / 100))


def shown(quantity: Decimal) -> str:
    """Write a quantity without idle zeros: 32, 0.3, 1200."""
    return f"{quantity.normalize():f}" if quantity else "0"
