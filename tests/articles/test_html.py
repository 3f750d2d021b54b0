import time
from html.parser import HTMLParser

import pytest
from django.db.models.functions import Upper
from hypothesis import example, given, settings
from hypothesis import strategies as st

from articles.html import (
    ATTRIBUTES,
    TAGS,
    clean,
    paragraphs,
    wordpress_paragraphs,
    wordpress_shortcodes,
)
from articles.models import Article

HOSTILE = "<p onclick=alert(1)>It opened.<script>alert(1)</script></p>"
HARMLESS = "<p>It opened.</p>"
# Pieces that browsers and sanitisers have disagreed about.
PIECES = [
    "<a href='https://example.org/'>", "</a>", "<b>", "</b>", "<p>", "</p>", "<ul>",
    "<li>", "</ul>", "<table>", "<caption>", "<tr>", "<td>", "</td>", "</table>",
    "<svg>", "<math>", "<mtext>", "<mglyph>", "<style>", "</style>", "<script>",
    "<title>", "<textarea>", "<noscript>", "<template>", "<xmp>", "<select>", "<form>",
    "<iframe>", "<!--", "-->", "<![CDATA[", "]]>", "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>", "<p style='position:fixed' id=x class=y>",
    "&lt;", "&amp;", "\"'>", "<", "/>", "<pre>", "\n",
]  # fmt: skip


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
    """Return the elements of some HTML that no allow-list lets through."""
    return [
        (tag, attributes)
        for tag, attributes in Elements(html).found
        if tag not in TAGS
        or attributes.keys() - ATTRIBUTES["*"] - ATTRIBUTES.get(tag, set()) - {"rel"}
        or "script:" in "".join(attributes.get("href", "").split()).lower()
    ]


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>It opened.",
        "<SCRIPT SRC=//example.org/x.js></SCRIPT>It opened.",
        "<svg><script>alert(1)</script></svg>It opened.",
        "<svg/onload=alert(1)></svg>It opened.",
        "<math><mtext><img src=x onerror=alert(1)></mtext></math>It opened.",
        "<style>body{display:none}</style>It opened.",
        "<link rel=stylesheet href=//example.org/x.css>It opened.",
        "<iframe src=//example.org/ srcdoc='<script>'></iframe>It opened.",
        "<object data=x.swf>It opened.</object>",
        "<embed src=x.swf>It opened.",
        "<form action=//example.org/><button>It opened.</button></form>",
        "<input autofocus onfocus=alert(1)>It opened.",
        "<base href=//example.org/>It opened.",
        "<meta http-equiv=refresh content='0;url=//example.org/'>It opened.",
        "<details open ontoggle=alert(1)>It opened.</details>",
        "<video><source onerror=alert(1)></video>It opened.",
        "<!-- <b> -->It opened.",
        "<!--[if IE]><script>alert(1)</script><![endif]-->It opened.",
        "<template><b>no</b></template>It opened.",
    ],
)
def test_clean_removes_forbidden_elements(html):
    assert clean(html) == "It opened."


@pytest.mark.parametrize(
    "attributes",
    [
        "onclick=alert(1)",
        "ONMOUSEOVER='alert(1)'",
        "onfocus=alert(1) autofocus tabindex=1",
        "style='position:fixed;inset:0'",
        "class=is-removed id=discussion name=forms",
        "data-reply contenteditable background=//example.org/x.png",
    ],
)
def test_clean_removes_forbidden_attributes(attributes):
    assert clean(f"<p {attributes}>It opened.</p>") == HARMLESS


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " \t javascript:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "&#106;avascript:alert(1)",
        "&#x6A;avascript&colon;alert(1)",
        "javascript&Tab;:alert(1)",
        "vbscript:msgbox(1)",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "view-source:https://example.org/",
    ],
)
def test_clean_removes_hostile_addresses(address):
    link = clean(f'<a href="{address}">It opened.</a>')
    image = clean(f'<img src="{address}">')

    assert link == '<a rel="noopener">It opened.</a>'
    assert image == "<img>"


@pytest.mark.parametrize("tag", ["blockquote", "q"])
def test_clean_removes_hostile_citations(tag):
    quote = clean(f'<{tag} cite="javascript:alert(1)">It opened.</{tag}>')

    assert quote == f"<{tag}>It opened.</{tag}>"


def test_clean_does_not_take_a_stray_space_for_part_of_a_scheme():
    # A browser reads it as a path of this site: only ASCII blanks are skipped.
    link = clean('<a href="\xa0javascript:alert(1)">It opened.</a>')

    assert link == '<a href="&nbsp;javascript:alert(1)" rel="noopener">It opened.</a>'


@pytest.mark.parametrize(
    "html",
    [
        '<p lang="pt" dir="ltr">Abriu <em>hoje</em>.</p>',
        '<a href="https://example.org/" title="The plan" rel="noopener">the plan</a>',
        '<a href="/archive/" rel="noopener">the archive</a>',
        '<a href="mailto:desk@example.org" rel="noopener">the desk</a>',
        '<figure><img src="/x.png" alt="The bridge" width="3" height="2">'
        "<figcaption>The bridge</figcaption></figure>",
        '<table><tbody><tr><th scope="row">Length</th><td colspan="2">90 m</td>'
        "</tr></tbody></table>",
        '<ol start="3"><li>Third</li></ol>',
    ],
)
def test_clean_keeps_what_stories_need(html):
    assert clean(html) == html


@settings(deadline=None)
@example("<a href='https://example.org/'><table><a href='https://example.org/'>")
@example("<pre>\n\n\nIt opened.</pre>")
@given(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join)
)
def test_clean_is_a_fixed_point(html):
    cleaned = clean(html)

    assert clean(cleaned) == cleaned


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join)
)
def test_clean_lets_nothing_forbidden_through(html):
    assert forbidden(clean(html)) == []


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        (" \n\t\n ", ""),
        ("It opened.", HARMLESS),
        ("It opened.\nAt last.", "<p>It opened.<br>At last.</p>"),
        ("It opened.\r\n \t\r\n\r\nAt last.", "<p>It opened.</p>\n<p>At last.</p>"),
        ("  It opened.  ", HARMLESS),
        ("<b>&", "<p>&lt;b&gt;&amp;</p>"),
        ('"It\'s"', '<p>"It\'s"</p>'),
    ],
)
def test_paragraphs_escapes_and_parts_text(text, html):
    assert paragraphs(text) == html


@pytest.mark.parametrize(
    ("character", "html"),
    [("\n", ""), (" ", ""), ("<", f"<p>{'&lt;' * 1_000_000}</p>")],
    ids=["newlines", "spaces", "less-than"],
)
def test_paragraphs_takes_a_megabyte_of_anything(character, html):
    assert paragraphs(character * 1_000_000) == html


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("\n" * 1_000_000, "\n" * 1_000_000),
        ("<" * 1_000_000, "&lt;" * 1_000_000),
        ("<b" * 500_000, ""),
        ("</b>" * 250_000, ""),
    ],
    ids=["newlines", "less-than", "half-a-tag", "end-tags"],
)
def test_clean_takes_a_megabyte_of_anything(html, cleaned):
    assert clean(html) == cleaned


def test_story_is_sanitised_when_created_and_saved(make_article):
    story = make_article(body=HOSTILE)
    created = Article.objects.get().body

    story.body = f"{HOSTILE}<p>At last.</p>"
    story.save()

    assert created == HARMLESS
    assert Article.objects.get().body == story.body == f"{HARMLESS}<p>At last.</p>"


@pytest.mark.django_db
def test_story_is_sanitised_when_created_in_bulk():
    Article.objects.bulk_create([Article(headline="A", slug="a", body=HOSTILE)])

    assert Article.objects.get().body == HARMLESS


def test_story_is_sanitised_when_updated_in_bulk(make_article):
    story = make_article()
    story.body = HOSTILE

    Article.objects.bulk_update([story], ["body"])

    assert Article.objects.get().body == HARMLESS


def test_story_is_sanitised_by_update(make_article):
    make_article()

    Article.objects.update(body=HOSTILE)

    assert Article.objects.get().body == HARMLESS


def test_story_may_be_updated_by_the_database(make_article):
    make_article(body=HARMLESS)

    Article.objects.update(headline=Upper("headline"))

    assert Article.objects.get().headline == "STORY 1"


def test_revision_is_sanitised(make_article):
    story = make_article()
    story.body = HOSTILE

    story.revise()

    assert story.revisions.get().body == HARMLESS


@pytest.mark.parametrize(
    ("given_html", "shown"),
    [
        (
            "See:\n\n[sourcecode lang='php']\n<?php if ($a < 1) ?>\n\n<b>[/sourcecode]",
            "<p>See:</p>\n"
            "<pre><code>&lt;?php if ($a &lt; 1) ?&gt;\n\n&lt;b&gt;</code></pre>",
        ),
        (
            "[ccnLe_java]a &lt; b[/ccnLe_java]",
            "<pre><code>a &lt; b</code></pre>",
        ),
        (
            '<pre lang="php">\n<table>&amp;</table>\n</pre>',
            "<pre><code>&lt;table&gt;&amp;amp;&lt;/table&gt;</code></pre>",
        ),
        (
            "[ccnLe_php]&lt;b&gt; =&gt; &amp;<br />a && <em>b</em>[/ccnLe_php]",
            "<pre><code>&lt;b&gt; =&gt; &amp;&lt;br /&gt;a &amp;&amp; "
            "&lt;em&gt;b&lt;/em&gt;</code></pre>",
        ),
        (
            "[sourcecode]&lt;ul&gt;&lt;li&gt; <b>&quot;[/sourcecode]",
            '<pre><code>&lt;ul&gt;&lt;li&gt; &lt;b&gt;"</code></pre>',
        ),
        (
            '<pre lang="html" escaped="true">&lt;b&gt;<i><u></pre>',
            "<pre><code>&lt;b&gt;&lt;i&gt;&lt;u&gt;</code></pre>",
        ),
        (
            '<pre lang="html"><b>&lt;</b></pre>',
            "<pre><code>&lt;b&gt;&amp;lt;&lt;/b&gt;</code></pre>",
        ),
        (
            '[caption id="x" caption="Boat"]<img src="/f.png" alt="">[/caption]',
            '<figure><img src="/f.png" alt=""><figcaption>Boat</figcaption></figure>',
        ),
        ("<pre>a <b>b</b></pre>", "<pre>a <b>b</b></pre>"),
        ("[code]never closed, [gallery]", "<p>[code]never closed, [gallery]</p>"),
    ],
)
def test_wordpress_code_and_captions_are_kept(given_html, shown):
    assert clean(wordpress_paragraphs(wordpress_shortcodes(given_html))) == shown


@pytest.mark.parametrize(
    ("given_html", "shown"),
    [
        ("One\ntwo", "<p>One<br>two</p>"),
        ("One<br />\ntwo", "<p>One<br>\ntwo</p>"),
        (
            "Take:\n<ul>\n<li>bread\nand salt</li>\n<li>\nwine</li>\n</ul>\nThen\ngo.",
            "<p>Take:</p>\n<ul>\n<li>bread<br>and salt</li>\n<li>\nwine</li>\n</ul>\n"
            "<p>Then<br>go.</p>",
        ),
        (
            "<p>One</p>\n<h3>Two</h3>\nthree",
            "<p>One</p>\n<h3>Two</h3>\n<p>three</p>",
        ),
        ("<p>\nOne\ntwo\n</p>", "<p>\nOne<br>two\n</p>"),
        ("<!--more-->\nOne\ntwo", "<p>One<br>two</p>"),
        (
            "<blockquote>One\n\ntwo</blockquote>\nthree",
            "<blockquote>One\n<p>two</p></blockquote>\n<p>three</p>",
        ),
        ('See <a\nhref="/f">it</a>', '<p>See <a href="/f" rel="noopener">it</a></p>'),
        (
            "<table\nborder=1>\n<tr>\n<td>1</td>\n</tr>\n</table>",
            "<table>\n<tbody><tr>\n<td>1</td>\n</tr>\n</tbody></table>",
        ),
        ("1 < 2\nand <b>so</b>", "<p>1 &lt; 2<br>and <b>so</b></p>"),
    ],
)
def test_wordpress_newlines_are_breaks_in_running_text_alone(given_html, shown):
    assert clean(wordpress_paragraphs(given_html)).strip() == shown


def test_shortcodes_that_never_close_cost_no_more_than_reading():
    text = "[code]" * 200_000

    assert wordpress_shortcodes(text) == text


@pytest.mark.parametrize(
    "text",
    ["x</p>" + "</p>" * 100_000 + "x", "x" + " " * 500_000 + "x", "x<p " * 100_000],
)
def test_paragraphs_cost_no_more_than_reading(text):
    begun = time.process_time()

    wordpress_paragraphs(text)

    assert time.process_time() - begun < 2
