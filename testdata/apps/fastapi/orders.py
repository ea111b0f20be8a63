"""Orders, for members."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException
from pydantic import BaseModel, Field

from guards import member
from record import ran

router = APIRouter(dependencies=[Depends(member)])
lines = APIRouter(prefix="/{order_id}/lines")


class Line(BaseModel):
    sku: str = Field(min_length=3, max_length=12)
    count: int = Field(ge=1, le=50)


class Order(BaseModel):
    email: str
    note: str | None = None
    lines: list[Line]


class Patch(BaseModel):
    note: str


@router.get("/orders")
def list_orders(state: str | None = None, page: int = 1):
    ran("list_orders")
    return []


@router.post("/orders", status_code=201)
def create_order(order: Order):
    ran("create_order")
    return {"id": 1, **order.model_dump()}


@router.get("/orders/{order_id}")
def get_order(order_id: int):
    ran("get_order")
    if order_id < 0:
        raise HTTPException(status_code=404)
    return {"id": order_id}


@router.patch("/orders/{order_id}")
def patch_order(order_id: int, patch: Patch):
    ran("patch_order")
    return {"id": order_id, "note": patch.note}


@router.delete("/orders/{order_id}", status_code=204)
def delete_order(order_id: int):
    ran("delete_order")


@router.post("/orders/{order_id}/rating")
def rate(order_id: int, stars: Annotated[int, Form(ge=1, le=5)], text: Annotated[str, Form()] = ""):
    ran("rate")
    return {"id": order_id, "stars": stars}


@lines.post("")
def add_line(order_id: int, line: Line):
    ran("add_line")
    return line


@lines.get("/{number}")
def get_line(order_id: int, number: int):
    ran("get_line")
    return {"order": order_id, "number": number}


router.include_router(lines, prefix="/orders")
