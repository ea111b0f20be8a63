"""Who may call."""

import os

from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

bearer = HTTPBearer()


def member(credentials: HTTPAuthorizationCredentials = Depends(bearer)) -> str:
    if credentials.credentials != os.environ["APP_TOKEN"]:
        raise HTTPException(status_code=401)
    return "member"
