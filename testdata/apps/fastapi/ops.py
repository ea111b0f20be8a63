"""For operators; in no document."""

from fastapi import APIRouter, Depends

from guards import member
from record import ran

router = APIRouter()


@router.get("/metrics")
def metrics():
    ran("metrics")
    return {"parcels": 3}


@router.post("/cache/flush", dependencies=[Depends(member)])
def flush():
    ran("flush")
    return {"flushed": True}


@router.put("/flags/{name}", dependencies=[Depends(member)])
def set_flag(name: str, value: bool):
    ran("set_flag")
    return {name: value}
