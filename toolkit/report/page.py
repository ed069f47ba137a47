"""The frame every page shares, and the one pass that finishes and checks a page before anyone sees it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EntitySubstitution
from bs4.element import Doctype, PreformattedString
from bs4.formatter import HTMLFormatter

from toolkit.core.errors import ProblemLog, ReportError
from toolkit.report.language import translator

PAGE_TEMPLATES = Path(__file__).parent / "templates"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'none'"
)
GENERATOR = "sivsen-toolkit"
"""Name by which a page says what made it."""
FILLER_ALT = "No description has been provided for this image"
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
SCOPES = ("col", "row", "colgroup", "rowgroup")

RUNS_CODE = frozenset({"script", "iframe", "frame", "frameset", "object", "embed", "applet", "portal"})
LOADS = frozenset({"link", "base", "audio", "video"})
SENDS = frozenset({"form", "input", "button", "select", "textarea"})
# Read as text by one parser and as elements by another, so that a check of the one misses the other.
AMBIGUOUS = frozenset({"noscript", "noembed", "noframes", "template", "xmp", "plaintext", "listing", "svg", "math"})
REFUSED_ELEMENTS = RUNS_CODE | LOADS | SENDS | AMBIGUOUS
REFUSED_ATTRIBUTES = frozenset({"srcset", "imagesrcset", "srcdoc", "poster", "background", "data", "xlink:href"}) | {
    "ping",
    "action",
    "formaction",
    "attributionsrc",
}
DOWNLOADS = ("data:text/csv;", "data:application/json;")
FORMATTER = HTMLFormatter(entity_substitution=EntitySubstitution.substitute_xml, void_element_close_prefix="")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFrame:
    """What stands around the content of every page, in the reader's language.

    Parameters
    ----------
    title : str
        Title of the document, the toolkit's name included.
    language : str
        Language tag for `<html lang>`.
    style : str
        The one style sheet, inlined.
    policy : str
        Content-Security-Policy.
    generator, brand, subject, skip_label, contents_label, footer : str
        Fixed words.
    """

    title: str
    language: str
    style: str
    policy: str
    generator: str
    brand: str
    subject: str
    skip_label: str
    contents_label: str
    footer: str


def page_frame(*, title: str, language: str, policy: str = CONTENT_SECURITY_POLICY) -> PageFrame:
    """Return the frame of a page.

    Parameters
    ----------
    title : str
        Words of the page's only h1.
    language : str
        Language tag such as `en` or `sv`.
    policy : str
        Content-Security-Policy; only a page with a shipped script has another than the usual one.

    Returns
    -------
    PageFrame
        Style sheet, policy and fixed words.

    Raises
    ------
    UsageError
        If the language tag has an unknown form.

    Examples
    --------
    >>> page_frame(title="Placements 2026", language="en").title
    'Placements 2026 - SIVSEN toolkit'
    """
    _ = translator(language).gettext
    return PageFrame(
        title=f"{title} - SIVSEN toolkit",
        language=language,
        style=(PAGE_TEMPLATES / "sivsen" / "style.css").read_text(encoding="utf-8"),
        policy=policy,
        brand="SIVSEN toolkit",
        generator=GENERATOR,
        subject=_("Impact evaluation"),
        skip_label=_("Skip to the content"),
        contents_label=_("Contents"),
        footer=_("Made with the SIVSEN toolkit. This page is complete in itself and loads nothing."),
    )


def finish_page(html: str, *, contents_label: str, script: str = "") -> str:
    """Name the headings, build the list of contents, and refuse a page that is not fit to be shown.

    Parameters
    ----------
    html : str
        A whole HTML document. An empty `<nav>` directly in its body is where the contents go; a page without
        one gets none.
    contents_label : str
        The word for the list of contents.
    script : str
        The one script the page may hold, word for word; with it, fields to type numbers into are allowed.

    Returns
    -------
    str
        The finished document; equal input gives equal bytes.

    Raises
    ------
    ReportError
        With every problem at once: headings, image descriptions, tables, links that lead nowhere, and
        anything that runs code or loads from outside.

    Notes
    -----
    The browser's Content-Security-Policy would stop code and requests as well; the checks here make sure that
    nobody is sent a page that relies on it. Comments are dropped, since parsers disagree on where they end.

    Examples
    --------
    >>> finish_page("<main><h1>A</h1><img src='data:image/png;base64,'></main>", contents_label="Contents")
    Traceback (most recent call last):
    toolkit.core.errors.ReportError: under "A": an image has no description. To mend: describe it in its alt.
    """
    soup = BeautifulSoup(html, "html.parser")
    _clean(soup)
    headings = [tag for tag in soup.find_all(HEADINGS) if isinstance(tag, Tag)]
    _name_headings(soup, headings)
    log = ProblemLog()
    _check_headings(headings, log)
    for tag, place in _walk(soup):
        if not _is_shipped_script(tag, script):
            _check_safety(tag, place, log)
        _check_access(tag, place, log)
    _check_references(soup, log)
    log.raise_as(ReportError)
    _fill_contents(soup, headings, contents_label)
    # Each parse would add an empty line after the doctype.
    return re.sub(r"\A(<!DOCTYPE [^>]*>)\s*", r"\1\n", soup.decode(formatter=FORMATTER)).rstrip() + "\n"


def _attribute(tag: Tag, name: str) -> str:
    value = tag.get(name)
    return value if isinstance(value, str) else " ".join(value or ())


def _words(tag: Tag) -> str:
    return " ".join(tag.get_text().split())


def _clean(soup: BeautifulSoup) -> None:
    """Drop comments and anchor links, make empty header cells plain, let outside links tell nothing."""
    for text in soup.find_all(string=lambda text: isinstance(text, PreformattedString)):
        if not isinstance(text, Doctype):
            text.extract()
    for link in soup.find_all("a", class_="anchor-link"):
        link.decompose()
    for cell in soup.find_all("th"):
        if not _words(cell) and cell.find("img") is None:
            cell.name = "td"
            for name in ("scope", "abbr"):
                cell.attrs.pop(name, None)
    for link in soup.find_all("a", href=True):
        if _scheme(_attribute(link, "href")) in ("http", "https"):
            link["rel"] = "noreferrer noopener"


def _name_headings(soup: BeautifulSoup, headings: Sequence[Tag]) -> None:
    """Give every heading an id of its own, made from its words, and let what pointed to the old id follow."""
    taken = {_attribute(tag, "id") for tag in soup.find_all(id=True) if tag.name not in HEADINGS}
    renamed: dict[str, str] = {}
    for heading in headings:
        name = _free_name(_slug(_words(heading)), taken)
        taken.add(name)
        # nbconvert writes the ids of accented headings percent-encoded.
        renamed.setdefault(unquote(_attribute(heading, "id")), name)
        heading["id"] = name
    renamed.pop("", None)
    for tag in soup.find_all(True):
        for attribute in ("aria-labelledby", "aria-describedby"):
            if tag.has_attr(attribute):
                ids = _attribute(tag, attribute).split()
                tag[attribute] = " ".join(renamed.get(name, name) for name in ids)
        target = _attribute(tag, "href")
        if tag.name == "a" and target.startswith("#"):
            tag["href"] = "#" + renamed.get(unquote(target[1:]), target[1:])


def _slug(words: str) -> str:
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "section"


def _free_name(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def _walk(soup: BeautifulSoup) -> Iterator[tuple[Tag, str]]:
    """Yield every element with the heading it stands under."""
    place = "before the first heading"
    for tag in soup.find_all(True):
        if tag.name in HEADINGS and _words(tag):
            place = f'under "{_words(tag)[:60]}"'
        yield tag, place


def _check_headings(headings: Sequence[Tag], log: ProblemLog) -> None:
    titles = sum(tag.name == "h1" for tag in headings)
    if titles != 1:
        log.add(f"the page has {titles} headings of level 1", allowed="exactly one, the title")
    above = 0
    for tag in headings:
        level = int(tag.name[1])
        words = _words(tag)
        if not words:
            log.add(f"a heading of level {level} is empty", mend="write it or remove it")
        if level > above + 1:
            log.add(f'the heading "{words[:60]}" skips from level {above} to level {level}')
        above = level


def _is_shipped_script(tag: Tag, script: str) -> bool:
    """Tell whether an element is the page's one script, or a field that belongs to it and can send nothing."""
    if not script:
        return False
    if tag.name == "script":
        return tag.string == script and not tag.attrs
    return tag.name == "input" and _attribute(tag, "type") == "number" and not set(tag.attrs) & REFUSED_ATTRIBUTES


def _check_safety(tag: Tag, place: str, log: ProblemLog) -> None:
    """Refuse whatever runs code, sends something or loads something."""
    if tag.name in REFUSED_ELEMENTS:
        log.add(f"{place}: a {tag.name} element is not allowed in a report")
    if tag.name == "meta" and (
        tag.find_parent("body") is not None
        or _attribute(tag, "http-equiv").lower() not in ("", "content-security-policy")
    ):
        log.add(f"{place}: a meta element steers the browser")
    for name in tag.attrs:
        if name.lower().startswith("on"):
            log.add(f"{place}: a {tag.name} element carries code ({name[:20]})")
        elif name.lower() in REFUSED_ATTRIBUTES:
            log.add(f"{place}: a {tag.name} element carries {name}, which can load or send something")
    if tag.has_attr("src") and not _attribute(tag, "src").startswith("data:image/"):
        what = "an image" if tag.name == "img" else f"a {tag.name} element"
        log.add(f"{place}: {what} is loaded from outside the page", allowed="data:image/...")
    style = tag.get_text() if tag.name == "style" else _attribute(tag, "style")
    if _style_reaches_out(style):
        log.add(f"{place}: a style loads something or hides markup", allowed="url(data:...)")
    if tag.has_attr("href") and not _href_is_safe(tag):
        log.add(
            f"{place}: a link has an address that is not allowed",
            allowed="https:, mailto:, #place, a file beside this page, or a CSV or JSON download",
        )


def _scheme(address: str) -> str:
    """Return the scheme a browser would see: it ignores control characters and blanks."""
    found = re.match(r"([a-z][a-z0-9+.-]*):", re.sub(r"[\x00-\x20\x7f-\xa0]+", "", address.lower()))
    return found[1] if found else ""


def _href_is_safe(tag: Tag) -> bool:
    address = _attribute(tag, "href")
    if tag.name != "a":
        return False
    scheme = _scheme(address)
    if scheme == "data":
        return tag.has_attr("download") and address.startswith(DOWNLOADS)
    # A path from the root, or one with backslashes, would name a place on the maker's machine.
    return scheme in ("", "http", "https", "mailto") and not re.match(r"[\x00-\x20]*[/\\]", address)


def _style_reaches_out(style: str) -> bool:
    """Tell whether CSS loads anything but data, or holds a sign that another parser takes for markup."""
    plain = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    plain = re.sub(r"\\([0-9a-f]{1,6})\s?", lambda code: chr(min(int(code[1], 16), 0x10FFFF)), plain, flags=re.I)
    plain = re.sub(r"[\\\s'\"]+", "", plain).lower()
    loads = re.search(r"@import|image-set\(|(?<![a-z-])src\(|expression\(|url\((?!data:|\))", plain)
    return bool(loads) or "<" in style


def _check_access(tag: Tag, place: str, log: ProblemLog) -> None:
    """Refuse images without a description, and tables that a screen reader cannot tell."""
    if tag.name == "img":
        words = _attribute(tag, "alt").strip()
        if not words or words == FILLER_ALT:
            log.add(f"{place}: an image has no description", mend="describe it in its alt")
        if not tag.has_attr("src"):
            log.add(f"{place}: an image has no content")
    elif tag.name == "table":
        caption = tag.find("caption")
        if caption is None or not _words(caption):
            log.add(f"{place}: a table has no caption", mend="show it through the toolkit's table function")
        if tag.find("th") is None:
            log.add(f"{place}: a table has no header cells", mend="mark them with th and scope")
    elif tag.name == "th" and _attribute(tag, "scope").lower() not in SCOPES:
        log.add(f"{place}: a header cell has no scope", allowed=", ".join(SCOPES))


def _check_references(soup: BeautifulSoup, log: ProblemLog) -> None:
    """Refuse ids that occur twice, and references to ids that are not there."""
    ids = [_attribute(tag, "id") for tag in soup.find_all(id=True)]
    for name in dict.fromkeys(name for name in ids if ids.count(name) > 1):
        log.add(f'the id "{name[:60]}" occurs {ids.count(name)} times', mend="give each element its own")
    known = set(ids)
    for tag, place in _walk(soup):
        target = _attribute(tag, "href")
        wanted = [unquote(target[1:])] if target.startswith("#") else []
        wanted += f"{_attribute(tag, 'aria-labelledby')} {_attribute(tag, 'aria-describedby')}".split()
        if any(name not in known for name in wanted):
            what = "a link" if tag.name == "a" else f"the label of a {tag.name} element"
            log.add(f"{place}: {what} points to a place that is not on the page")


def _fill_contents(soup: BeautifulSoup, headings: Sequence[Tag], label: str) -> None:
    """Fill the empty nav with links to the h2 and the h3 below them; remove it where nothing is listed."""
    nav = soup.body.find("nav", recursive=False) if soup.body is not None else None
    if nav is None or nav.contents:
        return
    listed = [tag for tag in headings if tag.name in ("h2", "h3")]
    if not listed:
        nav.decompose()
        return
    nav["aria-label"] = label
    nav["class"] = "contents"
    nav.append(soup.new_tag("p", string=label))
    chapters = soup.new_tag("ol")
    nav.append(chapters)
    chapter = below = chapters
    for heading in listed:
        item = soup.new_tag("li")
        item.append(soup.new_tag("a", attrs={"href": f"#{heading['id']}"}, string=_words(heading)))
        if heading.name == "h2":
            chapter = below = item
            chapters.append(item)
        else:
            if below is chapter:
                below = soup.new_tag("ol")
                chapter.append(below)
            below.append(item)
