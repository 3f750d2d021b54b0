import re
from html.parser import HTMLParser

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from articles.html import clean_with, wordpress_paragraphs
from comments.models import Comment
from comments.text import ATTRIBUTES, TAGS, BodyFormat, _cleaner, render

REL = 'rel="nofollow ugc noopener"'
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# What a browser drops from an address before it looks for the scheme.
IGNORED = re.compile(r"^[\x00-\x20]+|[\t\n\r]")


class Elements(HTMLParser):
    """The start tags of some HTML, with their attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def forbidden(html):
    """Return the elements of some HTML that no comment may have."""
    return [
        (tag, attributes)
        for tag, attributes in Elements(html).found
        if tag not in TAGS
        or attributes.keys() - ATTRIBUTES.get(tag, set()) - {"rel"}
        or any(name.startswith("on") or name == "style" for name in attributes)
        or not has_harmless_address(attributes)
        or (tag == "a" and attributes.get("rel") != "nofollow ugc noopener")
    ]


def has_harmless_address(attributes):
    scheme = SCHEME.match(IGNORED.sub("", attributes.get("href", "")))
    return not scheme or scheme[0].lower() in {"http:", "https:", "mailto:"}


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("", ""),
        ("Well said.\nIndeed.", "<p>Well said.<br>Indeed.</p>"),
        ("Well said.\n\nIndeed.", "<p>Well said.</p>\n<p>Indeed.</p>"),
        ("<b>Well</b> & said", "<p>&lt;b&gt;Well&lt;/b&gt; &amp; said</p>"),
        ("**Well** [said](https://example.org/)",
         "<p>**Well** [said](https://example.org/)</p>"),
        ('https://example.org/"<script>', '<p>https://example.org/"&lt;script&gt;</p>'),
    ],
)  # fmt: skip
def test_text_is_shown_as_written(body, html):
    assert render(body, "text") == html


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("**Well** *said* `x`",
         "<p><strong>Well</strong> <em>said</em> <code>x</code></p>\n"),
        ("> Well\n\n- said",
         "<blockquote>\n<p>Well</p>\n</blockquote>\n<ul>\n<li>said</li>\n</ul>\n"),
        ("[said](https://example.org/)",
         f'<p><a href="https://example.org/" {REL}>said</a></p>\n'),
        ("<https://example.org/>",
         f'<p><a href="https://example.org/" {REL}>https://example.org/</a></p>\n'),
        ("![said](https://example.org/x.png)", "<p></p>\n"),
        ("# Well said", "Well said\n"),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>\n"),
        ("[a](JaVaScRiPt:alert(1))", "<p>[a](JaVaScRiPt:alert(1))</p>\n"),
        ("[a](&#106;avascript:alert(1))", "<p>[a](javascript:alert(1))</p>\n"),
        ("[a](data:text/html,x)", "<p>[a](data:text/html,x)</p>\n"),
        ("[a](file:///etc/passwd)", "<p>[a](file:///etc/passwd)</p>\n"),
        ("[a](ftp://example.org/)", f"<p><a {REL}>a</a></p>\n"),
        ("[a][b]\n\n[b]: javascript:alert(1)",
         "<p>[a][b]</p>\n<p>[b]: javascript:alert(1)</p>\n"),
        ("<javascript:alert(1)>", "<p>&lt;javascript:alert(1)&gt;</p>\n"),
        ('[a](https://example.org/"onclick=x)',
         f'<p><a href="https://example.org/%22onclick=x" {REL}>a</a></p>\n'),
        ('[a](https://example.org/ "x\\" onclick=\\"y")',
         f'<p><a href="https://example.org/" {REL}>a</a></p>\n'),
        ("<div onclick=x>\n\n<script>alert(1)</script>",
         "<p>&lt;div onclick=x&gt;</p>\n"
         "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("```html\n<script>alert(1)</script>\n```",
         "<pre><code>&lt;script&gt;alert(1)&lt;/script&gt;\n</code></pre>\n"),
        ("````\n```\n<b>\n```\n````",
         "<pre><code>```\n&lt;b&gt;\n```\n</code></pre>\n"),
    ],
)  # fmt: skip
def test_markdown_is_shown_as_harmless_html(body, html):
    assert render(body, "markdown") == html


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("<p>Well <em>said</em>.</p>", "<p>Well <em>said</em>.</p>"),
        ("<p>Well <b>said", "<p>Well <b>said</b></p>"),
        ('<abbr title="x" onclick=y>a</abbr>', '<abbr title="x">a</abbr>'),
        ('<b title="x" lang="en">x</b>', "<b>x</b>"),
        # A newline inside an attribute.
        ('<abbr title="a\nonclick=x">x</abbr>', '<abbr title="a\nonclick=x">x</abbr>'),
        ('<a href="https://example.org/\n\nonclick=x">x</a>',
         f'<a href="https://example.org/\n\nonclick=x" {REL}>x</a>'),
        # Addresses with quotes, other scripts and a change of direction.
        ('<a href="https://example.org/?a=&quot;&lt;b">x</a>',
         f'<a href="https://example.org/?a=&quot;&lt;b" {REL}>x</a>'),
        ('<a href="https://bücher.example/\u202egnp.exe">x</a>',
         f'<a href="https://bücher.example/\u202egnp.exe" {REL}>x</a>'),
        # Elements that change how the rest is read.
        ("<svg><script>alert(1)</script></svg>x", "x"),
        ('<math><annotation-xml encoding="text/html"><img src=x onerror=alert(1)>'
         "</annotation-xml></math>x", "x"),
        ("<style><img src=x onerror=alert(1)></style>x", "x"),
        ("<template><img src=x onerror=alert(1)></template>x", "x"),
        ("<xmp><img src=x onerror=alert(1)></xmp>",
         "&lt;img src=x onerror=alert(1)&gt;"),
        ("<plaintext><img src=x onerror=alert(1)>",
         "&lt;img src=x onerror=alert(1)&gt;"),
        ('<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
         '&lt;p title=""&gt;'),
        ("<scr<script>ipt>alert(1)</script>", "ipt&gt;alert(1)"),
        ("<!--><b>x</b>-->", "<b>x</b>--&gt;"),
        ("<![CDATA[<img src=x onerror=alert(1)>]]>", "]]&gt;"),
        # Elements and attributes that act by themselves.
        ("<details open ontoggle=alert(1)>x</details>", "x"),
        ("<b onfocus=alert(1) autofocus tabindex=1>x</b>", "<b>x</b>"),
        ("<b onanimationstart=alert(1)>x</b>", "<b>x</b>"),
        ('<iframe srcdoc="<script>alert(1)</script>">x</iframe>', "x"),
        ('<button formaction="javascript:alert(1)">x</button>', "x"),
        ('<base href="https://example.org/">x', "x"),
        ('<meta http-equiv=refresh content="0;url=https://example.org/">x', "x"),
        ('<form action="https://example.org/"><input name=q>x</form>', "x"),
        ("<img src=https://example.org/x.png onerror=alert(1)>x", "x"),
        # Names that would take over our scripts and styles.
        ('<b class="is-removed" id="discussion" name="x" data-reply>x</b>', "<b>x</b>"),
        ('<a name="forms" id="forms" href="https://example.org/">x</a>',
         f'<a href="https://example.org/" {REL}>x</a>'),
        ('<a style="position:fixed;inset:0" href="https://example.org/">x</a>',
         f'<a href="https://example.org/" {REL}>x</a>'),
        ('<a href="https://example.org/" target=_blank rel=opener>x</a>',
         f'<a href="https://example.org/" {REL}>x</a>'),
    ],
)  # fmt: skip
def test_html_is_shown_without_what_could_harm(body, html):
    assert render(body, "html") == html


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        " \x01javascript:alert(1)",
        "&#106;avascript:alert(1)",
        "javascript&colon;alert(1)",
        "data:text/html,<b>x</b>",
        "vbscript:x",
        "ftp://example.org/",
    ],
)
def test_link_loses_a_hostile_address(address):
    assert render(f'<a href="{address}">x</a>', "html") == f"<a {REL}>x</a>"


def test_link_to_a_path_after_a_stray_space_has_no_scheme():
    html = render('<a href="\xa0javascript:alert(1)">x</a>', "html")

    assert forbidden(html) == []


PIECES = [
    "<a href='https://example.org/'>", "<a href='javascript:alert(1)'>", "</a>", "<b>",
    "</b>", "<p>", "</p>", "<ul>", "<li>", "</ul>", "<table>", "<td>", "</table>",
    "<svg>", "<math>", "<mtext>", "<style>", "</style>", "<script>", "<select>",
    "<title>", "<noscript>", "<template>", "<!--", "-->", "<img src=x onerror=x>",
    "<abbr title='", "'>", "&lt;", "&amp;", "&#106;", "<", "/>", "\n", "\n\n", "**",
    "`", "```\n", "> ", "- ", "[a](", "javascript:", ")", "[b]: ", "<pre>",
]  # fmt: skip
BODIES = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map(
    "".join
)


@settings(deadline=None)
@given(body=BODIES, body_format=st.sampled_from(BodyFormat))
def test_nothing_forbidden_is_rendered(body, body_format):
    assert forbidden(render(body, body_format)) == []


@settings(deadline=None)
@example(
    "<a href='https://example.org/'><table><a href='https://example.org/'>", "html"
)
@example("<pre>\n\n\nWell said.</pre>", "html")
@example("```\n\n\nWell said.\n```", "markdown")
@given(body=BODIES, body_format=st.sampled_from(BodyFormat))
def test_rendered_html_is_a_fixed_point(body, body_format):
    assume("\x00" not in body)  # Which PostgreSQL does not store.

    html = render(body, body_format)

    # The sanitiser spells a no-break space as an entity, which is the same text.
    assert render(html, "html") == html.replace("\xa0", "&nbsp;")


@pytest.mark.parametrize("body_format", BodyFormat.values)
@pytest.mark.parametrize("piece", ["\n", "<", "[", "*", "> ", "&", "</b>"])
def test_long_run_of_anything_is_rendered(piece, body_format):
    body = piece * 20_000

    assert forbidden(render(body, body_format)) == []


def test_unknown_format_is_refused():
    with pytest.raises(ValueError, match="bbcode"):
        render("[b]Well said.[/b]", "bbcode")


def test_comment_is_rendered_when_created_and_saved(make_comment):
    comment = make_comment(body="<b>Well</b> said.")
    created = Comment.objects.get().body_html

    comment.body_format = "html"
    comment.save()

    assert created == "<p>&lt;b&gt;Well&lt;/b&gt; said.</p>"
    assert Comment.objects.get().body_html == "<b>Well</b> said."
    assert Comment.objects.get().body == "<b>Well</b> said."


def test_comment_is_rendered_when_created_in_bulk(make_article):
    discussion = make_article().discussion
    body = "<script>alert(1)</script>Well said."

    Comment.objects.bulk_create(
        [Comment(discussion=discussion, body=body, body_format="html")]
    )

    assert Comment.objects.get().body_html == "Well said."


def test_given_html_is_never_taken_for_rendered(make_comment):
    make_comment(body="Well said.", body_html="<script>alert(1)</script>")

    assert Comment.objects.get().body_html == "<p>Well said.</p>"


@given(
    st.lists(
        st.sampled_from(
            [
                *"ab \n\t>\"'-=;%&<",
                "<p>",
                "</p>",
                "<b>",
                "&amp;",
                "]]>",
                "\r",
                "é",
                "\x7f",
                "\x85",
                "\xa0",
                "\u200f",
                "\u2028",
                "\ufffe",
                "\U0001f600",
            ]
        )
    ).map("".join)
)
def test_text_without_markup_is_rendered_as_the_sanitiser_would(text):
    paragraph = f"<p>{text}</p>\n"

    assert render(text, "wordpress") == clean_with(_cleaner, wordpress_paragraphs(text))
    assert render(paragraph, "html") == clean_with(_cleaner, paragraph)
