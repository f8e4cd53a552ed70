"""What is queued beside a message, in the transaction of its first append: copies and files."""

from collections.abc import Sequence

from contracts.message import Message
from gateway_outbox.forward.forward_queue import ForwardQueue
from gateway_outbox.media.media_queue import MediaQueue
from gateway_outbox.outbox.outbox import Along


class SideQueues:
    """Those that are on; without any it changes nothing."""

    def __init__(
        self, forward: ForwardQueue | None = None, media: MediaQueue | None = None
    ) -> None:
        self.forward = forward
        self.media = media

    def prepared(self, messages: Sequence[Message]) -> list[Message]:
        """The messages with the names of the files that are going to be downloaded."""
        if self.media is None:
            return list(messages)
        return [self.media.named(message) for message in messages]

    def rows(self, messages: Sequence[Message], *, is_news: bool = True) -> Along:
        """What queues them; history (no news) is not forwarded."""
        rows = [] if self.media is None else [*self.media.queue_rows(messages)]
        if self.forward is not None and is_news:
            rows += self.forward.queue_rows(messages)
        return rows
