from fastapi import APIRouter

router = APIRouter()


@router.get("/")
def list_authors():
    """All authors."""
    return []


@router.get("/{author_id:int}")
def get_author(author_id: int):
    """One author."""
    return {"id": author_id}
