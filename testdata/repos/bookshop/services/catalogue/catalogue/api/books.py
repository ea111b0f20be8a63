from uuid import UUID

from fastapi import APIRouter, Depends, Header, HTTPException
from pydantic import BaseModel

router = APIRouter()


class Book(BaseModel):
    title: str
    author: str


def staff_only(x_staff_key: str = Header()):
    if not x_staff_key:
        raise HTTPException(status_code=401)


@router.get("")
def list_books(author: str | None = None):
    """All books, of one author if asked."""
    return []


@router.post("", status_code=201, dependencies=[Depends(staff_only)])
def add_book(book: Book):
    """Add a book to the catalogue."""
    return book


@router.get("/{book_id}")
def get_book(book_id: UUID):
    """One book."""
    return {"id": book_id}


@router.delete("/{book_id}", status_code=204, dependencies=[Depends(staff_only)])
def remove_book(book_id: UUID):
    """Take a book out of the catalogue."""


@router.get("/{book_id}/price", deprecated=True)
def get_price(book_id: UUID):
    """The price of a book; the storefront has prices now."""
    return {"id": book_id, "price": None}
