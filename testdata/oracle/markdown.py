"""The cases of one Markdown file, for the oracles. The format is described in CONTRIBUTING.md."""
import re

FENCE = re.compile(r"^(`{3,})\s*(\S*)\s*(.*?)\s*$")
TRUTH = re.compile(r"<!--\s*truth:\s*(.*?)\s*-->")


class Case:
    """A heading with its files; `truth` is what the comment above the expectation says, `span` its lines in the text."""

    def __init__(self, title):
        self.title, self.files, self.truth, self.span, self.expected = title, {}, None, None, []


def cases(text):
    """Reads the cases; line numbers in `span` are those between the fences, from 0, end excluded."""
    found, current, fence = [], None, None
    for number, line in enumerate(text.split("\n")):
        match = FENCE.match(line)
        if fence:
            ticks, kind, name, start, body = fence
            if match and len(match[1]) >= len(ticks) and not match[2]:
                if kind == "endpoints" and current:
                    current.span, current.expected = (start, number), body
                elif name and current:
                    current.files[name] = "\n".join(body) + "\n"
                fence = None
            else:
                body.append(line)
        elif match:
            fence = (match[1], match[2], match[3], number + 1, [])
        elif line.startswith("## "):
            current = Case(line[3:].strip())
            found.append(current)
        elif current and (truth := TRUTH.search(line)):
            current.truth = truth[1]
    return [case for case in found if case.files]


def rewrite(text, answers):
    """The text with the blocks of some cases replaced: answers are (case, lines)."""
    lines = text.split("\n")
    for case, answer in sorted(answers, key=lambda pair: -pair[0].span[0]):
        lines[case.span[0] : case.span[1]] = answer
    return "\n".join(lines)
