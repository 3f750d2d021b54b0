import pytest

from articles.html import clean
from articles.templatetags.sanitised import linked_pictures


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        (
            '<p><img src="https://a.example/f.jpg?s=1&amp;t=2" alt="A ferry"></p>',
            '<p><a href="https://a.example/f.jpg?s=1&amp;t=2" rel="noopener '
            'external">[Picture: A ferry]</a></p>',
        ),
        (
            '<img src="//a.example/ferry.jpg">',
            '<a href="//a.example/ferry.jpg" rel="noopener external">'
            "[Picture: ferry.jpg]</a>",
        ),
        (
            '<a href="https://a.example/">See <img src="https://a.example/f.png"></a>'
            '<img src="/media/own.png" alt="Ours">',
            '<a href="https://a.example/" rel="noopener">See [Picture: f.png]</a>'
            '<img src="/media/own.png" alt="Ours">',
        ),
        (
            "<p>No pictures, and a &lt;img&gt;.</p>",
            "<p>No pictures, and a &lt;img&gt;.</p>",
        ),
    ],
)
def test_pictures_of_other_sites_are_links(html, shown):
    assert linked_pictures(clean(html)) == shown


def test_name_of_a_picture_is_no_markup():
    html = clean("<img src='https://a.example/x' alt='<script>alert(1)</script>\"'>")

    assert "<script" not in linked_pictures(html)
    assert "&lt;script&gt;alert(1)" in linked_pictures(html)
