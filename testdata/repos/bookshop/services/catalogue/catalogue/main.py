from fastapi import FastAPI, WebSocket

from .api import router as api_router
from .config import settings

app = FastAPI(title="Bookshop catalogue")
app.include_router(api_router, prefix=settings.API_PREFIX)


@app.get("/health")
def health():
    """Whether the service is up."""
    return {"status": "ok"}


@app.websocket("/ws/stock")
async def stock(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_json({"changed": []})
    await websocket.close()


if settings.DEBUG:

    @app.get("/debug/settings")
    def dump_settings():
        return settings.model_dump()
