"""Which language a text is in."""

# Below this the letters say more about the keyboard than about the language.
MIN_LETTERS = 20
# How much likelier (in natural logarithms) another language than the expected one must
# be. On short texts a wrong guess leads by one or two; a right one by ten and more.
MIN_LEAD = 5
# Languages without a code of two letters are rare and are guessed from slang.
CODE_LENGTH = 2


def detect(text: str, expected: str = "") -> str:
    """Return the ISO 639-1 code of the text's language.

    `expected` is the language around it (of the story that a comment stands under); it
    holds when the text is too short to tell or another one is not clearly likelier.
    Without it a text too short to tell gives "".
    """
    if sum(map(str.isalpha, text)) < MIN_LETTERS:
        return expected
    import py3langid  # It reads its model, half a second that few commands need.

    scores = {
        code: score for code, score in py3langid.rank(text) if len(code) == CODE_LENGTH
    }
    likeliest = max(scores, key=scores.get)
    if expected in scores and scores[likeliest] - scores[expected] < MIN_LEAD:
        return expected
    return likeliest
