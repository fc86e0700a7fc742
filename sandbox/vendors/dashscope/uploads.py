"""DashScope's temporary storage: a policy to upload with, the upload, and the `oss://` names that inputs then carry."""

import secrets
from collections import OrderedDict

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.vendors.dashscope import wire
from sandbox.vendors.middleware import WireError, base_url
from sandbox.vendors.pictures import BadPictureError

FILE_MAX = 100 * 1024 * 1024
FILES_KEPT = 50
EXPIRES_S = 300


class Uploads:
    """What was uploaded lately."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._policies: OrderedDict[str, str] = OrderedDict()

    async def policy(self, request: Request) -> Response:
        """GET /uploads?action=getPolicy&model=…: where and how to upload."""
        wire.identify(request)
        if request.query_params.get("action") != "getPolicy" or not request.query_params.get("model"):
            raise WireError(wire.no(400, "InvalidParameter", "action must be getPolicy and model is required"))
        signature, folder = secrets.token_urlsafe(18), f"dashscope-instant/{secrets.token_hex(8)}"
        self._policies[signature] = folder
        while len(self._policies) > FILES_KEPT:
            self._policies.popitem(last=False)
        data = {
            "policy": secrets.token_urlsafe(24),
            "signature": signature,
            "upload_dir": folder,
            "upload_host": f"{base_url(request)}/oss",
            "expire_in_seconds": EXPIRES_S,
            "max_file_size_mb": FILE_MAX // 2**20,
            "capacity_limit_mb": 999999999,
            "oss_access_key_id": "sandbox",
            "x_oss_object_acl": "private",
            "x_oss_forbid_overwrite": "true",
        }
        return JSONResponse({"request_id": secrets.token_hex(16), "data": data})

    async def receive(self, request: Request) -> Response:
        """POST /oss: one file as a form, under a key below the policy's folder."""
        async with request.form(max_part_size=FILE_MAX) as form:
            key, signature, file = form.get("key"), form.get("Signature"), form.get("file")
            folder = self._policies.get(signature) if isinstance(signature, str) else None
            if folder is None or not isinstance(key, str) or not key.startswith(f"{folder}/"):
                return Response(
                    "<Error><Code>AccessDenied</Code></Error>", status_code=403, media_type="application/xml"
                )
            if not isinstance(file, UploadFile):
                return Response(
                    "<Error><Code>InvalidArgument</Code></Error>", status_code=400, media_type="application/xml"
                )
            self._files[f"oss://{key}"] = await file.read()
        while len(self._files) > FILES_KEPT:
            self._files.popitem(last=False)
        status = form.get("success_action_status")
        return Response(status_code=200 if status == "200" else 204)

    def file(self, name: str) -> bytes:
        """The bytes behind an `oss://` name.

        Raises:
            BadPictureError: nothing of that name was uploaded lately.
        """
        if name not in self._files:
            raise BadPictureError("the oss object does not exist")
        return self._files[name]
