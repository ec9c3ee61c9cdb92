"""Uploads stay in memory: Django's own handler would write what is big to a disk, in the clear."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import MemoryFileUploadHandler, SkipFile


class InMemoryUpload(MemoryFileUploadHandler):
    """Takes files up to the limit; of a bigger one the form sees nothing but `request.upload_was_too_large`."""

    received = 0

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any) -> None:
        self.activated = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.received += len(raw_data)
        if self.received > settings.IMPORT_MAX_MEBIBYTES * 1024 * 1024:
            self.file.close()
            self.request.upload_was_too_large = True  # type: ignore[union-attr]
            raise SkipFile
        return super().receive_data_chunk(raw_data, start)
