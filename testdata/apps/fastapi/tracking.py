"""Tracking, for everyone."""

from enum import Enum
from uuid import UUID

from fastapi import APIRouter, Header, Query

from record import ran

router = APIRouter()


class Carrier(str, Enum):
    road = "road"
    rail = "rail"


@router.get("/health")
def health():
    ran("health")
    return {"ok": True}


@router.get("/parcels/{parcel_id}")
def parcel(parcel_id: int, carrier: Carrier = Carrier.road):
    ran("parcel")
    return {"id": parcel_id, "carrier": carrier}


@router.get("/parcels/{parcel_id}/events")
def events(parcel_id: int, limit: int = Query(10, ge=1, le=100), accept_language: str = Header("en")):
    ran("events")
    return [{"id": parcel_id, "language": accept_language}] * min(limit, 2)


@router.get("/labels/{label}", deprecated=True)
def label(label: UUID):
    """Use the parcel instead."""
    ran("label")
    return {"label": str(label)}
