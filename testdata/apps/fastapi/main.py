"""A parcel service: public tracking, orders for who has a token, an inner part for operators."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

import orders
import ops
import tracking
from record import lost

app = FastAPI(title="Parcels", docs_url=None, redoc_url=None, openapi_url=None)
app.include_router(tracking.router, prefix="/track")
app.include_router(orders.router, prefix="/api/v1")
app.include_router(ops.router, prefix="/ops", include_in_schema=False)


@app.exception_handler(404)
async def not_found(request: Request, error: HTTPException):
    if "endpoint" not in request.scope:
        lost(request.method, request.url.path)
    return JSONResponse({"detail": error.detail}, status_code=404)
