"""Fills a plant with thousands of orders in every status, in seconds, so that the books add up and every row has its line in the audit log.

The rows are written directly and not by commands: what is measured afterwards is made by commands.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import batched, chain, count
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Insert, Table, bindparam, func, insert, select, text, update

from mfg_desktop.service import audit
from mfg_desktop.service.database import Database
from mfg_desktop.tables import (
    Bom,
    BomLine,
    Department,
    Machine,
    MaterialAllocation,
    Person,
    Product,
    ProductionOutput,
    StockLot,
    StockMovement,
    WorkClock,
    WorkOrder,
    WorkOrderMaterial,
)
from mfg_desktop.vocabulary import (
    ActionType,
    AuditLevel,
    ClockKind,
    EntityType,
    IssueMethod,
    MachineStatus,
    MachineType,
    MovementKind,
    OrderStatus,
    Priority,
    ProductType,
    StockCategory,
)
from tests.factories import ADMIN
"""
