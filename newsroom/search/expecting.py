"""What a search may expect of its ways to find texts: how many hits, at what cost."""

from typing import NamedTuple

from newsroom.search.hits import COMMENT, STORY

# What the ways cost, in millionths of a second: to look at a text for the words (those
# of a story are packed); to read a unit of the planner's cost, of an index of words and
# then of the texts. Only their ratios count, so any machine's will do.
LOOK = {STORY: 4.5, COMMENT: 1.1}
INDEX_UNIT, TEXT_UNIT = 6, 0.7
# Looking through the newest has to promise so many times the hits that are needed.
MARGIN = 1.4


class Expected(NamedTuple):
    """What the planner expects: so many hits among so many texts, at such a cost."""

    kind: str
    rows: int
    texts: int
    # Of these texts, how many are of the stories that are meant.
    meant: int
    # For how many hits the costs are.
    planned: int
    startup: float
    cost: float

    @classmethod
    def of(
        cls, kind: str, read: dict, hits: dict, texts: dict, meant: dict
    ) -> "Expected":
        rows = [plan["Plan Rows"] for plan in (hits, texts, meant, read)]
        return cls(kind, *rows, read["Startup Cost"], read["Total Cost"])

    @property
    def by_story(self) -> "Expected":
        """The same of the texts of the stories that are meant, and of no others."""
        return self._replace(texts=self.meant)

    def is_met(self, hits: int, among: int) -> bool:
        """Whether so many of the newest texts will have so many hits."""
        return self.rows * min(among, self.texts) >= MARGIN * hits * self.texts

    def looking(self, hits: int, among: int) -> float:
        """Return how long it takes to meet so many hits among the newest texts."""
        return LOOK[self.kind] * min(hits / max(self.rows, 1) * self.texts, among)

    def reading(self, hits: int) -> float:
        """Return how long it takes to read so many hits by the index of words."""
        texts = (self.cost - self.startup) * hits / max(self.planned, 1)
        return INDEX_UNIT * self.startup + TEXT_UNIT * texts
