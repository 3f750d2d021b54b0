"""The discussion below a story, and the comments in it.

The database places each comment (its number and path), keeps the summary of each
discussion right, and refuses what cannot be: see migration 0002_thread_rules.
"""

from articles import dates
from articles.choices import Basis, Precision
from articles.languages import LANGUAGE_TAG, validate_language
from articles.models import BEFORE_ALL, Article
from articles.search import LanguageCode, search_document
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Func, OuterRef, Q, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from comments.choices import (
    BodyFormat,
    CommentKind,
    CommentStatus,
    DiscussionPolicy,
    ThreadOrder,
)
from comments.rows import Readable, Row
from comments.text import RenderedBodyField

# An index entry holds at most 2,700 bytes, and a hostile thread may be thousands of
# levels deep. So the index reads the first 512 levels of a path, and the few rows that
# agree in those are sorted by the rest.
INDEXED_DEPTH = 512

# What lists are sorted by; comments without a known date come after all others.
LISTED_AT = Coalesce("posted_at", Value(BEFORE_ALL))
IS_PUBLIC = Q(status=CommentStatus.PUBLIC, kind=CommentKind.COMMENT)

OTHER_DISCUSSION = _("A reply belongs to the discussion of its parent.")
OWN_REPLY = _("A comment cannot answer itself or its own replies.")

ANCESTORS = """
    WITH RECURSIVE above (id, parent_id) AS (
        SELECT id, parent_id FROM comments_comment WHERE id = %s
        UNION ALL
        SELECT parent.id, parent.parent_id
        FROM comments_comment AS parent JOIN above ON parent.id = above.parent_id
    )
    SELECT parent_id FROM above WHERE parent_id IS NOT NULL
"""

# One range of the index for each branch, and no more of it than is shown.
HEADS_OF_BRANCHES = f"""
    SELECT head.id
    FROM unnest(%s::integer[], %s::integer[]) AS branch (number, shown)
    CROSS JOIN LATERAL (
        SELECT id FROM comments_comment
        WHERE discussion_id = %s
            AND path[1:{INDEXED_DEPTH}] >= ARRAY[branch.number]
            AND path[1:{INDEXED_DEPTH}] < ARRAY[branch.number + 1]
            AND status IN ('public', 'removed') AND kind = 'comment'
        ORDER BY path[1:{INDEXED_DEPTH}], path LIMIT branch.shown
    ) AS head
"""  # noqa: S608 (a number of ours)


class PathHead(Func):
    """The indexed part of a path."""

    template = f"%(expressions)s[1:{INDEXED_DEPTH}]"
    output_field = ArrayField(models.IntegerField())


class DiscussionQuerySet(models.QuerySet):
    def liveliest(self):
        """Return the discussions that have comments, most commented first."""
        return self.filter(comment_count__gt=0).order_by(
            "-comment_count", "-article_id"
        )

    def with_story(self):
        """Add the story without its long texts."""
        long_texts = ("article__body", "article__search_vector")
        return self.select_related("article").defer(*long_texts)

    def with_opening_comment(self):
        """Add what the first shown comment says and in which language."""
        opening = (
            Comment.objects.filter(discussion=OuterRef("pk"))
            .public()
            .in_reading_order()
        )
        return self.annotate(
            opening_body_html=Subquery(opening.values("body_html")[:1]),
            opening_language=Subquery(opening.values("language")[:1]),
        )


class Discussion(models.Model):
    """What readers say about a story. A trigger makes one for every story."""

    article = models.OneToOneField(
        Article,
        on_delete=models.CASCADE,
        related_name="discussion",
        primary_key=True,
        verbose_name=_("article"),
    )
    policy = models.CharField(
        _("policy"),
        max_length=20,
        choices=DiscussionPolicy,
        default=DiscussionPolicy.CLOSED,
    )
    closes_at = models.DateTimeField(_("closes at"), null=True, blank=True)
    # Kept by triggers, also when many write at once.
    comment_count = models.PositiveIntegerField(
        _("comment count"), db_default=0, editable=False
    )
    last_number = models.PositiveIntegerField(db_default=0, editable=False)
    last_comment = models.ForeignKey(
        "Comment",
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        editable=False,
    )
    changed_at = models.DateTimeField(_("changed at"), db_default=Now(), editable=False)

    objects = DiscussionQuerySet.as_manager()

    class Meta:
        verbose_name = _("discussion")
        verbose_name_plural = _("discussions")
        constraints = [
            models.CheckConstraint(
                condition=Q(policy__in=DiscussionPolicy.values),
                name="discussion_policy_valid",
                violation_error_message=_(
                    "A discussion is open, premoderated or closed."
                ),
            ),
        ]
        indexes = [
            # The front page's liveliest discussions.
            models.Index(
                F("comment_count").desc(),
                F("article_id").desc(),
                condition=Q(comment_count__gt=0),
                name="discussion_liveliest_idx",
            ),
        ]

    def __str__(self):
        return gettext("Discussion of “%(story)s”") % {"story": self.article}

    def get_absolute_url(self):
        return f"{self.article.get_absolute_url()}#discussion"

    @classmethod
    def lock(cls, keys):
        """Let nobody else write in these discussions until the transaction ends.

        Triggers lock a discussion after the comment that is changed, and a moved branch
        after its discussion; who changes comments takes the discussion first, so that
        two who change the same thread wait for each other in one order.
        """
        locked = cls.objects.filter(pk__in=keys).select_for_update(no_key=True)
        return dict(locked.order_by("pk").values_list("pk", "last_number"))


class BranchQuerySet(models.QuerySet):
    def in_order(self, order):
        """Put the newest or the most answered branch first."""
        if order == ThreadOrder.NEWEST:
            return self.order_by("-discussion_id", "-number")
        return self.order_by("-discussion_id", "-size", "-number")

    def reading_from(self, branch, order):
        """Return what stands in this order from a branch on."""
        if order == ThreadOrder.NEWEST:
            return self.in_order(order).filter(number__lte=branch.number)
        # The last condition says less than the first and is what the index reads.
        return self.in_order(order).filter(
            Q(size__lt=branch.size) | Q(size=branch.size, number__lte=branch.number),
            size__lte=branch.size,
        )

    def reading_back_from(self, branch, order):
        """Return what stands in this order before a branch, the nearest first."""
        backwards = self.in_order(order).reverse()
        if order == ThreadOrder.NEWEST:
            return backwards.filter(number__gt=branch.number)
        return backwards.filter(
            Q(size__gt=branch.size) | Q(size=branch.size, number__gt=branch.number),
            size__gte=branch.size,
        )


class Branch(models.Model):
    """A top-level comment with all that is below it, as a discussion's orders need it.

    Kept by triggers, also when many write at once: migration 0004_branches.
    """

    pk = models.CompositePrimaryKey("discussion_id", "number")
    discussion = models.ForeignKey(
        Discussion, on_delete=models.CASCADE, related_name="branches", db_index=False
    )
    # Of the top-level comment.
    number = models.PositiveIntegerField()
    # How many of its comments have a place in the thread, itself included.
    size = models.IntegerField()

    objects = BranchQuerySet.as_manager()

    class Meta:
        verbose_name = _("branch")
        verbose_name_plural = _("branches")
        indexes = [
            # The order “most answered”, and the contents of a long discussion. The
            # order “newest” reads the primary key.
            models.Index(
                fields=["discussion", "size", "number"], name="branch_answered_idx"
            ),
        ]

    def __str__(self):
        return gettext("Branch #%(number)s") % {"number": self.number}


class CommentQuerySet(models.QuerySet):
    def public(self):
        return self.filter(IS_PUBLIC)

    def shown(self):
        """Return what has a place in the thread: public, or removed as a tombstone.

        Pingbacks and the like are kept and can be read in admin, but are no comments.
        """
        return self.filter(
            status__in=[CommentStatus.PUBLIC, CommentStatus.REMOVED],
            kind=CommentKind.COMMENT,
        )

    def set_status(self, status, reason=""):
        """Change the state of these comments and say when; return how many."""
        changed = self.exclude(status=status)
        with transaction.atomic():
            Discussion.lock(changed.order_by().values("discussion_id"))
            return changed.update(
                status=status, status_reason=reason, status_changed_at=Now()
            )

    def newest_first(self):
        """Order by date, across discussions; an index range for public comments."""
        return self.order_by(LISTED_AT.desc(), "-pk")

    def listed_after(self, comment):
        """Return the comments that `newest_first` puts after this one."""
        key = {"at": comment.posted_at or BEFORE_ALL, "pk": comment.pk}
        return self.alias(listed_at=LISTED_AT).filter(
            # The first condition says the same as the second; the index reads it.
            Q(listed_at__lt=key["at"]) | Q(listed_at=key["at"], pk__lt=key["pk"]),
            listed_at__lte=key["at"],
        )

    def in_reading_order(self):
        """Order by place in the thread, replies below what they answer.

        For the comments of one discussion: an index range, read without a sort.
        """
        return self.order_by("discussion_id", PathHead("path"), "path")

    def in_reverse_reading_order(self):
        return self.order_by("-discussion_id", PathHead("path").desc(), "-path")

    def reading_before(self, path):
        """Return the comments that stand before this path in reading order."""
        comments = self.alias(place=PathHead("path"))
        if len(path) > INDEXED_DEPTH:
            return comments.filter(place__lte=path[:INDEXED_DEPTH], path__lt=path)
        return comments.filter(place__lt=path)

    def reading_from(self, path):
        """Return the comments from this path on, in reading order."""
        comments = self.alias(place=PathHead("path"))
        comments = comments.filter(place__gte=path[:INDEXED_DEPTH])
        # Only where the index cannot tell: a second condition misleads the planner.
        if len(path) > INDEXED_DEPTH:
            comments = comments.filter(path__gte=path)
        return comments

    def subtree_of(self, comment):
        """Return the replies below a comment, at any depth, without the comment."""
        path = comment.path
        end = [*path[:-1], path[-1] + 1]
        replies = self.filter(discussion=comment.discussion_id)
        replies = replies.alias(place=PathHead("path"))
        if len(path) < INDEXED_DEPTH:
            return replies.filter(place__gt=path, place__lt=end)
        head, end_of_head = path[:INDEXED_DEPTH], end[:INDEXED_DEPTH]
        return replies.filter(
            place__gte=head, place__lte=end_of_head, path__gt=path, path__lt=end
        )

    def with_story(self):
        """Add the story and its section, without its long texts."""
        story = "discussion__article"
        return self.select_related(f"{story}__section").defer(
            f"{story}__body", f"{story}__search_vector"
        )

    def rows(self):
        """Return what a reader's page shows of these comments, as plain rows."""
        return [*map(Row._make, self.values_list(*Row._fields))]

    def for_reading(self):
        """Leave out what a reader's page does not show, above all the search column."""
        return self.defer("body", "search_vector", "created_at")

    def heads_of_branches(self, discussion, sizes):
        """Return the first comments of some branches, in no order.

        `sizes` says of each top-level comment's number how many of its branch.
        """
        numbers, counts = [*sizes], [*sizes.values()]
        heads = RawSQL(HEADS_OF_BRANCHES, [numbers, counts, discussion.pk])  # noqa: S611 (no text of others in it)
        return self.filter(pk__in=heads)

    def ancestors_of(self, comment):
        """Return what a comment answers, from the top-level comment down.

        Parent by parent, one index look-up each: no thread is too deep for that.
        """
        above = RawSQL(ANCESTORS, [comment.pk])  # noqa: S611 (no text of others in it)
        return self.filter(pk__in=above).order_by("depth")


class Comment(Readable, models.Model):
    """Something a reader wrote below a story."""

    # Place
    discussion = models.ForeignKey(
        Discussion,
        on_delete=models.CASCADE,
        related_name="comments",
        db_index=False,
        verbose_name=_("discussion"),
    )
    # The composite foreign key comment_parent_same_discussion checks it.
    parent = models.ForeignKey(
        "self",
        on_delete=models.RESTRICT,
        related_name="replies",
        null=True,
        blank=True,
        db_constraint=False,
        verbose_name=_("parent"),
    )
    reply_basis = models.CharField(
        _("reply basis"),
        max_length=10,
        choices=Basis,
        blank=True,
        help_text=_("How it is known that this answers its parent."),
    )
    reply_confidence = models.FloatField(
        _("reply confidence"),
        null=True,
        blank=True,
        help_text=_("Of an inferred reply: from 0 to 1."),
    )
    number = models.PositiveIntegerField(
        _("number"),
        db_default=0,
        editable=False,
        help_text=_("1, 2, 3 … as it came into the discussion. It never changes."),
    )
    path = ArrayField(models.IntegerField(), db_default=[], editable=False)
    depth = models.GeneratedField(
        expression=Func("path", function="cardinality"),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    # Author
    author_name = models.CharField(
        _("author name"),
        max_length=500,
        blank=True,
        help_text=_("As given. Empty: an unnamed reader."),
    )
    author_url = models.CharField(_("author url"), max_length=2000, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="comments",
        null=True,
        blank=True,
    )
    # Text
    body = models.TextField(
        _("body"),
        blank=True,
        help_text=_("As given. Empty: the source has the comment, not its text."),
    )
    body_format = models.CharField(
        _("body format"), max_length=10, choices=BodyFormat, default=BodyFormat.TEXT
    )
    body_html = RenderedBodyField(editable=False)
    language = models.CharField(
        _("language"),
        max_length=35,
        blank=True,
        validators=[validate_language],
        help_text=_("A language tag such as en or pt-BR."),
    )
    is_truncated = models.BooleanField(
        _("possibly cut off"),
        default=False,
        help_text=_("The source may have lost the end."),
    )
    # Time
    posted_at = models.DateTimeField(_("posted at"), null=True, blank=True)
    posted_precision = models.CharField(
        _("posted precision"),
        max_length=10,
        choices=Precision,
        default=Precision.UNKNOWN,
    )
    edited_at = models.DateTimeField(_("edited at"), null=True, blank=True)
    edited_precision = models.CharField(
        _("edited precision"),
        max_length=10,
        choices=Precision,
        db_default=Precision.UNKNOWN,
    )
    # State
    status = models.CharField(
        _("status"), max_length=20, choices=CommentStatus, default=CommentStatus.PENDING
    )
    status_reason = models.CharField(
        _("status reason"),
        max_length=500,
        blank=True,
        help_text=_("Readers see why a comment was removed."),
    )
    status_changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    kind = models.CharField(
        _("kind"), max_length=20, choices=CommentKind, default=CommentKind.COMMENT
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    # Finding
    search_vector = models.GeneratedField(
        expression=search_document(body="A"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        constraints = [
            models.UniqueConstraint(
                fields=["discussion", "number"], name="comment_number_once"
            ),
            # What the composite foreign key of replies refers to.
            models.UniqueConstraint(
                fields=["discussion", "id"], name="comment_discussion_id"
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1), name="comment_number_positive"
            ),
            models.CheckConstraint(
                condition=Q(path__len__gte=1), name="comment_has_path"
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")),
                name="comment_parent_not_self",
                violation_error_message=OWN_REPLY,
            ),
            models.CheckConstraint(
                condition=Q(parent=None, reply_basis="")
                | Q(parent__isnull=False, reply_basis__in=Basis.values),
                name="comment_reply_has_basis",
                violation_error_message=_(
                    "Say how it is known whom a reply answers; "
                    "leave it empty for a comment that answers nobody."
                ),
            ),
            models.CheckConstraint(
                condition=Q(
                    reply_basis=Basis.INFERRED,
                    reply_confidence__isnull=False,
                    reply_confidence__gte=0,
                    reply_confidence__lte=1,
                )
                | (~Q(reply_basis=Basis.INFERRED) & Q(reply_confidence=None)),
                name="comment_confidence_of_inferred",
                violation_error_message=_(
                    "An inferred reply, and only that, has a confidence from 0 to 1."
                ),
            ),
            models.CheckConstraint(
                condition=dates.has_precision("posted_at"),
                name="comment_date_has_precision",
                violation_error_message=_(
                    "Say how exact the date is; leave the date "
                    "empty only when it is unknown."
                ),
            ),
            models.CheckConstraint(
                condition=dates.has_precision("edited_at"),
                name="comment_edit_has_precision",
                violation_error_message=_(
                    "Say how exact the date of the edit is; leave "
                    "it empty only when it is unknown."
                ),
            ),
            models.CheckConstraint(
                condition=Q(language__regex=LANGUAGE_TAG),
                name="comment_language_is_tag",
                violation_error_message=_("A language is a tag such as en or pt-BR."),
            ),
            models.CheckConstraint(
                condition=Q(body_format__in=BodyFormat.values),
                name="comment_format_valid",
            ),
            models.CheckConstraint(
                condition=Q(status__in=CommentStatus.values),
                name="comment_status_valid",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=CommentKind.values), name="comment_kind_valid"
            ),
        ]
        indexes = [
            # A discussion in reading order, and any slice or subtree of it.
            models.Index("discussion", PathHead("path"), name="comment_thread_idx"),
            GinIndex("search_vector", name="comment_search_idx"),
            # The latest comments of all discussions: search and feeds.
            models.Index(
                LISTED_AT.desc(),
                F("id").desc(),
                # With it the index alone can say where a date stands.
                include=["posted_at"],
                condition=IS_PUBLIC,
                name="comment_newest_idx",
            ),
            # Search in a long discussion, newest first.
            models.Index(
                F("discussion"),
                LISTED_AT.desc(),
                F("id").desc(),
                include=["posted_at"],
                condition=IS_PUBLIC,
                name="comment_story_newest_idx",
            ),
            # Search: which languages there are. The last condition keeps the planner
            # from reading all public comments by it, in an order of no use.
            models.Index(
                LanguageCode("language"),
                condition=IS_PUBLIC & ~Q(language=""),
                name="comment_language_idx",
            ),
        ]

    def __str__(self):
        return f"#{self.number}"

    def save(self, **kwargs):
        """Save all but number and path, which are the database's to set.

        A copy that was read before a move of what it answers must not undo the move.
        """
        if self._state.adding:
            super().save(**kwargs)
            return
        fields = kwargs.get("update_fields")
        if fields is None:
            fields = [
                field.name
                for field in self._meta.concrete_fields
                if not (field.primary_key or field.generated)
                and field.name not in ("number", "path")
            ]
        elif {"body", "body_format"} & {*fields}:
            # What readers see follows what is stored.
            fields = {*fields, "body_html"}
        with transaction.atomic():
            Discussion.lock([self.discussion_id])
            super().save(**(kwargs | {"update_fields": fields}))

    def clean(self):
        """Refuse a parent that the database would refuse, in the same words."""
        if self.parent is None or self.pk is None:
            return
        place = Comment.objects.values_list("discussion_id", "path").get(pk=self.pk)
        if self.parent.discussion_id != place[0]:
            raise ValidationError({"parent": OTHER_DISCUSSION})
        if self.parent.path[: len(place[1])] == place[1]:
            raise ValidationError({"parent": OWN_REPLY})

    def set_status(self, status, reason=""):
        """Change the state and say when; the caller saves."""
        self.status, self.status_reason = status, reason
        self.status_changed_at = timezone.now()

    @property
    def is_public(self):
        return self.status == CommentStatus.PUBLIC and self.kind == CommentKind.COMMENT


class CommentContactQuerySet(models.QuerySet):
    def expired(self):
        return self.filter(keep_until__lt=Now())


class CommentContact(models.Model):
    """How to reach who wrote a comment, and from where it was sent.

    Kept apart from the comment, for moderation alone and only for as long as the
    setting CONTACT_DAYS says. No page, feed, search or export reads it.
    """

    comment = models.OneToOneField(
        Comment, on_delete=models.CASCADE, related_name="contact", primary_key=True
    )
    email = models.CharField("e-mail", max_length=320, blank=True)
    ip = models.CharField("IP address", max_length=100, blank=True)
    keep_until = models.DateTimeField()

    objects = CommentContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("comment contact")
        verbose_name_plural = _("comment contacts")
        indexes = [
            # What is removed when its time has come.
            models.Index(fields=["keep_until"], name="contact_keep_until_idx"),
        ]

    def __str__(self):
        return gettext("Contact of %(comment)s") % {"comment": self.comment}
