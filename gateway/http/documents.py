"""Invoices and credit notes to open and keep: as a page of HTML, and as PDF."""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.core.access import Scope
from gateway.core.errors import Forbidden
from gateway.core.ports.storage import Storage
from gateway.http.auth import CallerOf
from gateway.http.graphql_request import Refused
from gateway.services.show_document import ShownDocument, show_document

_ID_LENGTH_MAX = 64
_FORMS: dict[str, tuple[str, Callable[[ShownDocument], bytes]]] = {
    "html": ("text/html; charset=utf-8", lambda document: document.page().encode()),
    "pdf": ("application/pdf", lambda document: document.pdf()),
}


class DocumentEndpoint:
    """Answers `/v1/documents/ID.pdf` and `/v1/documents/ID.html` to callers with the scope `read`.

    A customer token is shown its own customer's documents, once they are issued; others are as if they did not exist.
    """

    def __init__(self, storage: Storage, identify: CallerOf) -> None:
        self._storage = storage
        self._identify = identify

    async def answer(self, request: Request) -> Response:
        """The document, or why not."""
        try:
            return await self._answer(request)
        except Refused as refusal:
            error = {"code": refusal.code, "message": str(refusal)}
            return JSONResponse({"error": error}, refusal.status, refusal.headers)

    async def _answer(self, request: Request) -> Response:
        caller = await self._identify(request)
        try:
            caller.require(Scope.READ)
        except Forbidden as error:
            raise Refused(403, error.code, str(error)) from None
        name, _, form = request.path_params["name"].rpartition(".")
        document = await run_in_threadpool(self._find, name)
        if document is None or form not in _FORMS or not document.is_shown_to(caller):
            raise Refused(404, "NOT_FOUND", "There is no such document; ask for ID.pdf or ID.html of one")
        media_type, render = _FORMS[form]
        body = await run_in_threadpool(render, document)
        return Response(
            body, media_type=media_type, headers={"content-disposition": f'inline; filename="{document.name}.{form}"'}
        )

    def _find(self, name: str) -> ShownDocument | None:
        if not (name.isascii() and name.isprintable()) or len(name) > _ID_LENGTH_MAX:
            return None
        return self._storage.read(lambda unit: show_document(unit, name))
