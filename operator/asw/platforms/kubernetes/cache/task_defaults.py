"""The TaskDefaults of a namespace, asked for while a task is prepared."""

import logging
from collections.abc import Callable
from typing import Final

from asw.api.objects import InvalidObject
from asw.api.taskdefaults import NAME, TaskDefaults
from asw.api.workflow import TaskTemplate
from asw.asl.errors import START_FAILED
from asw.platforms.kubernetes.cache.remembered import Remembered
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import TASK_DEFAULTS
from asw.reconciler.platform import Refused, TaskRefused

NO_DEFAULTS: Final = TaskTemplate()

logger = logging.getLogger(__name__)


class DefaultsOfNamespaces:
    """See the module."""

    def __init__(self, client: KubeClient, clock: Callable[[], float]) -> None:
        self._client = client
        self._known = Remembered(self._ask, clock)

    async def of(self, namespace: str) -> TaskTemplate:
        """What tasks of the namespace have. Raises Unavailable, and TaskRefused if it is broken."""
        return await self._known.of(namespace)

    async def _ask(self, namespace: str) -> TaskTemplate:
        try:
            item = await self._client.get(TASK_DEFAULTS, namespace, NAME)
            return TaskDefaults.parse(item).spec
        except NotFound:
            return NO_DEFAULTS
        except Refused as error:
            logger.warning("tasks of %s get no TaskDefaults: %s", namespace, error)
            return NO_DEFAULTS
        except InvalidObject as error:
            raise TaskRefused(START_FAILED, f"TaskDefaults {NAME!r}: {error}") from error
