"""mkdocs' hooks: the repository's Markdown becomes the site as it stands.

The pages are written for the repository's own rendering, so the site follows it: GitHub's Markdown
(markdown-it, not mkdocs' own renderer, which knows no fence inside a list), its names of headings, and
links by the places of files in the repository, also outside docs/. A link to a file that is not on the
site keeps its text alone. A strict build fails on a link or a heading that is not there, on a page
that the navigation does not name, and on anything that a reader's browser would fetch from elsewhere.
"""
import logging
import posixpath
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from mkdocs.structure.files import File
from mkdocs.structure.toc import get_toc

log = logging.getLogger("mkdocs.site")
# Beside docs/.
PAGES = ["README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"]
FOLDERS = ["deploy"]

rendered = {}  # by page: HTML and headings


def on_files(files, config):
    root = Path(config.config_file_path).parent
    found = [root / page for page in PAGES]
    for folder in FOLDERS:
        found += sorted(path for path in (root / folder).rglob("*") if path.is_file())
    for path in found:
        name = path.relative_to(root).as_posix()
        files.append(File(name, str(root), config.site_dir, config.use_directory_urls))
    files.append(File("site.css", str(root / "scripts/site"), config.site_dir, False))
    return files


def on_nav(nav, config, files):
    nav.homepage = files.get_file_from_path("README.md").page
    for file in files.documentation_pages():
        if file.page not in nav.pages:
            log.warning("%s is not in the navigation of mkdocs.yml", in_repository(file, config))


def on_page_markdown(markdown, page, config, files):
    parser = MarkdownIt("commonmark").enable("table")
    tokens = parser.parse(markdown)
    headings = name_headings(tokens)
    links = Links(page.file, config, files)
    for token in tokens:
        if token.type == "inline":
            token.children = links.rewritten(token.children)
    rendered[page.file.src_uri] = parser.renderer.render(tokens, parser.options, {}), headings
    return ""


def on_page_content(html, page, config, files):
    content, headings = rendered.pop(page.file.src_uri)
    page.toc = get_toc(headings)
    return content


def on_post_build(config):
    site = Path(config.site_dir)
    pages = {path: read_html(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(site)
        for url in page.loaded:
            if urlsplit(url).netloc:
                log.warning("%s loads %s, which is not on the site", name, url)
        for url in page.links + page.loaded:
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                continue
            target = path
            if parts.path:
                beside = site if parts.path.startswith("/") else path.parent
                target = Path(posixpath.normpath(beside / unquote(parts.path).lstrip("/")))
            if not target.is_file():
                log.warning("%s: nothing is at %s", name, url)
            elif parts.fragment and target in pages and parts.fragment not in pages[target].names:
                log.warning("%s: there is no heading for %s", name, url)
    for path in sorted(site.rglob("*.css")):
        for url in re.findall(r"url\(\s*['\"]?((?:https?:)?//[^'\")]+)", path.read_text("utf-8")):
            log.warning("%s loads %s, which is not on the site", path.name, url)


def in_repository(file, config):
    return Path(file.abs_src_path).relative_to(Path(config.config_file_path).parent).as_posix()


def name_headings(tokens):
    """Gives each heading the anchor that GitHub gives it; returns them nested, as mkdocs wants them."""
    top, path, seen = [], [], {}
    for opening, inline in zip(tokens, tokens[1:]):
        if opening.type != "heading_open":
            continue
        text = "".join(token.content for token in inline.children)
        anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        seen[anchor] = seen.get(anchor, -1) + 1
        if seen[anchor]:
            anchor += f"-{seen[anchor]}"
        opening.attrSet("id", anchor)
        level = int(opening.tag[1])
        heading = {"level": level, "id": anchor, "name": text, "children": []}
        while path and path[-1]["level"] >= level:
            path.pop()
        (path[-1]["children"] if path else top).append(heading)
        path.append(heading)
    return top


class Links:
    """The links of one page, from places in the repository to places on the site."""

    def __init__(self, file, config, files):
        self.page, self.file = in_repository(file, config), file
        self.root = Path(config.config_file_path).parent
        self.files = {Path(other.abs_src_path): other for other in files}

    def rewritten(self, tokens):
        result, dropped = [], False
        for token in tokens:
            if token.type == "link_open":
                url = self.on_site(token.attrGet("href"))
                dropped = url is None
                if not dropped:
                    token.attrSet("href", url)
            elif token.type == "image":
                token.attrSet("src", self.on_site(token.attrGet("src")) or "")
            if not (dropped and token.type in ("link_open", "link_close")):
                result.append(token)
        return result

    def on_site(self, url):
        """The URL on the site; None when the target is only in the repository."""
        parts = urlsplit(url)
        if parts.scheme or parts.netloc or not parts.path:
            return url
        name = posixpath.normpath(posixpath.join(posixpath.dirname(self.page), unquote(parts.path)))
        target = self.root / name
        if target.is_dir() and target / "README.md" in self.files:
            target = target / "README.md"
        if target in self.files:
            place = self.files[target].url_relative_to(self.file)
            return place + ("#" + parts.fragment if parts.fragment else "")
        if not target.exists():
            log.warning("%s: nothing is at %s", self.page, url)
        elif target.is_dir() and name.split("/")[0] in ("docs", *FOLDERS):
            log.warning("%s: the folder %s has no README.md to show", self.page, name)
        return None


class read_html(HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.links, self.loaded, self.names = [], [], set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.names.update(values[key] for key in ("id", "name") if values.get(key))
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        elif tag in ("img", "script", "iframe", "source") and values.get("src"):
            self.loaded.append(values["src"])
        elif tag == "link" and values.get("href"):
            self.loaded.append(values["href"])
