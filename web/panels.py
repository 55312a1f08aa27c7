"""Pages made of panels. Each page lists its panels in display order.

Each panel loads its own context, and declares its place and its maximum number of SQL statements,
which a test checks. A refused form renders its panel again: the panel alone for htmx, the whole
page without JavaScript.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django_htmx.http import reswap, retarget
from django_htmx.middleware import HtmxDetails

from foundation.accounts.models import User

S = TypeVar("S")


class Place(StrEnum):
    """Column of a panel."""

    HEAD = "head"
    MAIN = "main"
    SIDE = "side"


class Loads(StrEnum):
    """When a panel is loaded: with its page, by htmx right after it, or by htmx when the reader
    opens it (until then it shows its title).
    """

    WITH_PAGE = "with_page"
    AFTER_PAGE = "after_page"
    WHEN_OPENED = "when_opened"


class Panel(ABC, Generic[S]):
    """``S`` is the subject of the page: a ticket on its page, a person's home, a report.

    ``statements`` is the maximum number of SQL statements of ``load`` and the template, for a
    subject with nothing loaded yet.
    """

    name: ClassVar[str]
    template: ClassVar[str]
    place: ClassVar[Place] = Place.MAIN
    loads: ClassVar[Loads] = Loads.WITH_PAGE
    statements: ClassVar[int] = 0
    title: ClassVar[str | Promise] = ""  # what a panel shows that is not loaded with its page

    @abstractmethod
    def load(self, user: User, subject: S, at: datetime) -> dict[str, Any] | None:
        """Return the template's context; None when there is nothing to show."""


@dataclass(frozen=True)
class Refused:
    """A panel to render again, with a refused form or a preview to confirm: ``context`` overrides
    the keys that the panel loads, ``status`` is that of the response.
    """

    panel: str
    context: Mapping[str, Any]
    status: int = 400


@dataclass(frozen=True)
class Shown(Generic[S]):
    """A panel with what it loaded, ready to be rendered."""

    panel: Panel[S]
    context: Mapping[str, Any] = field(default_factory=dict)
    is_closed: bool = False

    @property
    def comes_later(self) -> bool:
        return self.is_closed and self.panel.loads is Loads.AFTER_PAGE

    def render(self, request: HttpRequest, common: Mapping[str, Any]) -> SafeString:
        context = {**common, **self.context, "panel": self.panel, "is_closed": self.is_closed}
        return render_to_string("components/panel.html", context, request)


def load_panels(
    panels: Sequence[Panel[S]],
    user: User,
    subject: S,
    at: datetime,
    *,
    refused: Sequence[Refused] = (),
    opened: str = "",
) -> list[Shown[S]]:
    """Return, in order, the panels whose ``load`` does not return None. Of those that are not
    loaded with the page, load the refused ones and those that ``opened`` names: one, or all of
    one value of ``Loads``.
    """
    shown = []
    again = {each.panel: each.context for each in refused}
    for panel in panels:
        wanted = {opened, *again}
        if panel.loads is not Loads.WITH_PAGE and not wanted & {panel.name, panel.loads}:
            shown.append(Shown(panel, is_closed=True))
            continue
        context = panel.load(user, subject, at)
        if context is not None:
            shown.append(Shown(panel, {**context, **again.get(panel.name, {})}))
    return shown


class PanelPage:
    """The rendered panels of a page by place, for ``components/panels.html``."""

    def __init__(
        self, request: HttpRequest, shown: Sequence[Shown[Any]], common: Mapping[str, Any]
    ) -> None:
        self._request = request
        self._shown = shown
        self._common = common

    def _at(self, *places: Place) -> list[SafeString]:
        """Return the rendered panels. Those that come after the page share one placeholder, in the
        place of the first.
        """
        later = [each for each in self._shown if each.comes_later]
        return [
            each.render(self._request, self._common)
            for each in self._shown
            if each.panel.place in places and each not in later[1:]
        ]

    @property
    def all(self) -> list[SafeString]:
        """Return every panel, for a page of one column."""
        return self._at(*Place)

    @property
    def head(self) -> list[SafeString]:
        return self._at(Place.HEAD)

    @property
    def main(self) -> list[SafeString]:
        return self._at(Place.MAIN)

    @property
    def side(self) -> list[SafeString]:
        return self._at(Place.SIDE)


class PanelResponse(HttpResponse):
    """A response with one panel, or one form, alone, which htmx swaps into its place. After an act
    that was carried out, ``done_at`` is the address of the page; "" after a refusal.
    """

    done_at = ""


def panel_response(
    request: HttpRequest, shown: Sequence[Shown[Any]], name: str, common: Mapping[str, Any]
) -> PanelResponse | None:
    """Return a response with one panel alone; None when the panel is not among ``shown``."""
    chosen = next((each for each in shown if each.panel.name == name), None)
    if chosen is None:
        return None
    return PanelResponse(chosen.render(request, {**common, "is_partial": True}))


def later_response(
    request: HttpRequest, shown: Sequence[Shown[Any]], common: Mapping[str, Any]
) -> PanelResponse:
    """Return the panels that come after the page, for their placeholder."""
    later = [each for each in shown if each.panel.loads is Loads.AFTER_PAGE]
    return PanelResponse("".join(each.render(request, common) for each in later))


def page_response(
    request: HttpRequest,
    template: str,
    shown: Sequence[Shown[Any]],
    common: Mapping[str, Any],
    *,
    refused: Sequence[Refused] = (),
) -> HttpResponse:
    """Render the page; for htmx, render the first refused panel alone.

    When that panel has nothing to show (the ticket ended meanwhile), render the whole page.
    """
    status = refused[0].status if refused else 200
    if refused and is_partial(request):
        answer = panel_response(request, shown, refused[0].panel, common)
        if answer is not None:
            answer.status_code = status
            return answer
    context = {**common, "panels": PanelPage(request, shown, common), "page_status": status}
    return render(request, template, context, status=status)


class InPlaceRedirect(HttpResponseRedirect):
    """A redirect to a page of the same frame: htmx puts its content in place of the open one,
    without loading a page.
    """


def whole_page(response: HttpResponse) -> HttpResponse:
    """Set the htmx headers that swap this response into ``body``."""
    return retarget(reswap(response, "innerHTML"), "body")


def is_partial(request: HttpRequest) -> bool:
    """Tell whether htmx asks for a part of the page."""
    htmx = getattr(request, "htmx", None)
    return isinstance(htmx, HtmxDetails) and bool(htmx)
