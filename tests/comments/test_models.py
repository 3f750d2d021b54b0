from comments.models import Comment


def test_comment_gets_next_number_and_path(make_comment):
    first = make_comment()
    reply = make_comment(parent=first)

    assert (first.number, first.path, first.depth) == (1, [1], 1)
    assert (reply.number, reply.path, reply.depth) == (2, [1, 2], 2)
    assert list(Comment.objects.in_reading_order()) == [first, reply]
