import re
from html import unescape

import pytest
from django.urls import reverse

from comments.models import Comment
from comments.threads import PAGE_SIZE


@pytest.fixture
def long_discussion(make_thread):
    """A branch of more than two pages, two small ones, and many single comments."""
    parents = {1: None} | dict.fromkeys(range(2, 2 * PAGE_SIZE + 2), 1)
    parents |= {500: None, 501: 500, 502: 501, 510: None, 511: 510}
    parents |= dict.fromkeys(range(600, 700))
    return make_thread(parents)


def address_of(discussion, **query):
    address = reverse("comments:discussion", args=[discussion.article.slug])
    return address + "?" + "&".join(f"{name}={value}" for name, value in query.items())


def get(client, address, status=200):
    response = client.get(address)
    assert response.status_code == status
    assert response.cookies == {}
    return unescape(response.content.decode())


def numbers(html):
    return [int(number) for number in re.findall(r'data-number="(\d+)"', html)]


def link(html, rel):
    found = re.search(rf'<a href="([^"]*)" rel="{rel}"', html)
    return found[1] if found else None


def test_newest_order_puts_the_last_branch_first(client, long_discussion):
    html = get(client, address_of(long_discussion, order="newest"))

    shown = numbers(html)
    assert shown[:100] == [*range(699, 599, -1)]
    assert shown[100:105] == [510, 511, 500, 501, 502]
    assert len(shown) == 105
    assert numbers(get(client, link(html, "next")))[0] == 1


def test_most_answered_order_puts_the_largest_branch_first(client, long_discussion):
    html = get(client, address_of(long_discussion, order="answered"))

    assert numbers(html) == [*range(1, PAGE_SIZE + 1)]
    html = get(client, link(html, "next"))
    assert numbers(html)[:7] == [500, 501, 502, 510, 511, 699, 698]
    assert get(client, link(html, "prev") or address_of(long_discussion))


def test_cut_branch_goes_on_where_it_was_left(client, long_discussion):
    html = get(client, address_of(long_discussion, order="answered"))

    more = re.search(r'<p class="comment__more"><a href="([^"#]*)#replies">', html)[1]
    top = long_discussion.comments.get(number=1)
    assert more == f"{top.get_absolute_url()}?start={PAGE_SIZE + 1}"
    html = get(client, more)
    assert numbers(html) == [*range(PAGE_SIZE + 1, 2 * PAGE_SIZE + 1)]
    html = get(client, link(html, "next"))
    assert numbers(html) == [2 * PAGE_SIZE + 1]
    assert link(html, "next") is None


def test_cut_branch_below_a_hidden_comment_goes_on_in_the_discussion(
    client, long_discussion
):
    Comment.objects.filter(discussion=long_discussion, number=1).set_status("hidden")

    html = get(client, address_of(long_discussion, order="answered"))

    more = re.search(r'<p class="comment__more"><a href="([^"]*)">', html)[1]
    assert more == address_of(long_discussion, start=PAGE_SIZE + 2)
    assert numbers(get(client, more))[0] == PAGE_SIZE + 2


def test_orders_are_links_and_one_is_current(client, long_discussion):
    for order in ("", "newest", "answered", "captured"):
        html = get(client, address_of(long_discussion, order=order))

        nav = re.search(r'<nav class="orders".*?</nav>', html, re.DOTALL)[0]
        found = re.findall(r'<a href="([^"]*)#discussion"( aria-current="true")?', nav)
        story = long_discussion.article.get_absolute_url()
        names = ["newest", "answered", "captured"]
        addresses = [story, *(address_of(long_discussion, order=n) for n in names)]
        current = ["", *names].index(order)
        marks = [' aria-current="true"' * (n == current) for n in range(4)]
        assert found == [*zip(addresses, marks, strict=True)]


def test_page_says_what_it_is_a_copy_of_and_what_is_beside_it(client, long_discussion):
    story = "http://testserver" + long_discussion.article.get_absolute_url()
    second = address_of(long_discussion, start=PAGE_SIZE + 1)
    third = address_of(long_discussion, start=2 * PAGE_SIZE + 1)

    def relations(address):
        html = get(client, address)
        return re.findall(r'<link rel="(canonical|prev|next)" href="([^"]*)"', html)

    assert relations(story) == [("canonical", story), ("next", second)]
    assert relations(second) == [
        ("canonical", "http://testserver" + second),
        ("prev", long_discussion.article.get_absolute_url()),
        ("next", third),
    ]
    assert relations(address_of(long_discussion, order="newest"))[0] == (
        "canonical",
        story,
    )


def test_permalink_lands_on_the_page_that_has_the_comment(client, long_discussion):
    for number in (1, 2, 350, 401, 502, 650):
        comment = long_discussion.comments.get(number=number)
        html = get(client, comment.get_absolute_url())

        found = re.search(r'<a href="([^"]*)#(comment-\d+)">See it', html)
        page = get(client, found[1])

        assert found[2] == f"comment-{comment.pk}"
        assert f'id="comment-{comment.pk}"' in page


def test_long_discussion_begins_with_its_contents(client, long_discussion):
    story = get(client, long_discussion.article.get_absolute_url())

    contents = re.search(r'<nav class="contents".*?</nav>', story, re.DOTALL)[0]
    found = re.findall(r'href="([^"#]*)#comment-\d+"', contents)
    assert found == [
        address_of(long_discussion, start=1),
        address_of(long_discussion, start=500),
        address_of(long_discussion, start=510),
    ]
    assert re.findall(r"\d+ repl\w+", contents) == [
        "400 replies",
        "2 replies",
        "1 reply",
    ]


def test_contents_keep_hidden_words_to_themselves(client, long_discussion):
    comments = Comment.objects.filter(discussion=long_discussion, number__in=[1, 500])
    comments.update(author_name="Secret name", body_html="<p>Secret words</p>")
    comments.filter(number=1).set_status("hidden")
    comments.filter(number=500).set_status("removed")

    html = get(client, long_discussion.article.get_absolute_url())

    contents = re.search(r'<nav class="contents".*?</nav>', html, re.DOTALL)[0]
    assert "Secret" not in html
    assert len(re.findall("<li>", contents)) == 1


@pytest.mark.parametrize(
    "query",
    ["order=worst", "order=newest&start=2", "order=answered&start=900", "start=9999"],
)
def test_page_that_cannot_be_answers_404(client, long_discussion, query):
    get(client, address_of(long_discussion) + query, status=404)


@pytest.mark.parametrize("order", ["", "newest", "answered", "captured"])
@pytest.mark.parametrize("status", ["spam", "hidden", "pending"])
def test_number_of_a_hidden_comment_tells_no_more_than_none(
    client, make_article, make_comment, order, status
):
    article = make_article()
    top = make_comment(article=article)
    hidden = make_comment(article=article, body="Secret", status=status)
    make_comment(article=article, body="Secret", status=status, parent=top)

    for number in (hidden.number, hidden.number + 1, hidden.number + 2):
        query = {"order": order, "start": number}
        get(client, address_of(article.discussion, **query), status=404)
        get(client, f"{top.get_absolute_url()}?start={number}", status=404)


def test_orders_are_for_more_than_one_comment_that_is_shown(client, make_comment):
    top = make_comment()
    address = top.discussion.article.get_absolute_url()
    make_comment(parent=top, status="spam")

    before = get(client, address)
    make_comment(parent=top)

    assert ('class="orders"' in before, 'class="orders"' in get(client, address)) == (
        False,
        True,
    )


@pytest.mark.parametrize("start", ["1", "500", "x", "0"])
def test_replies_from_elsewhere_answer_404(client, long_discussion, start):
    top = long_discussion.comments.get(number=1)

    get(client, f"{top.get_absolute_url()}?start={start}", status=404)


@pytest.mark.parametrize("size", [3, PAGE_SIZE + 50])
def test_page_query_count(client, make_thread, django_assert_max_num_queries, size):
    parents = {number: number // 3 or None for number in range(1, size + 1)}
    discussion = make_thread(parents)
    comment = discussion.comments.get(number=1)
    addresses = [
        discussion.article.get_absolute_url(),
        address_of(discussion, start=2),
        address_of(discussion, order="newest"),
        address_of(discussion, order="newest", start=2),
        address_of(discussion, order="answered"),
        address_of(discussion, order="answered", start=2),
        address_of(discussion, order="captured"),
        address_of(discussion, order="captured", start=2),
        comment.get_absolute_url(),
        f"{comment.get_absolute_url()}?start=3",
    ]

    counts = []
    for address in addresses:
        with django_assert_max_num_queries(5) as queries:
            get(client, address)
        counts.append(len(queries))

    is_long = size > PAGE_SIZE
    assert counts == [2 + is_long, 5, 3, 5, 3, 5, 2, 4, 3, 5]
