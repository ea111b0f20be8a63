from fastapi import FastAPI
from fastapi.testclient import TestClient

app = FastAPI()


@app.get("/boom")
def boom():
    raise RuntimeError("boom")


def test_an_error_is_a_500():
    client = TestClient(app, raise_server_exceptions=False)
    assert client.get("/boom").status_code == 500
