from fastapi import APIRouter

from . import authors, books

router = APIRouter()

for name, module in {"books": books, "authors": authors}.items():
    router.include_router(module.router, prefix=f"/{name}", tags=[name])
