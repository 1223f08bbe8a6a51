"""How many harmless searches of the web wait for a yes, since their words stand in what was read before?

FILE has a line of JSON for each question that needs two look-ups: `question`, `private_text` (what the first one found
in documents, a database or the memory) and `web_query`, the search that somebody would then make.

    python -m benchmarks.two_hop FILE
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from cairn.core.clean_text import has_cjk
from cairn.tools.tool_invocation import Said
from cairn.tools.web_tools import carried_words


def main() -> None:
    asked, held = Counter[str](), Counter[str]()
    for line in Path(sys.argv[1]).read_text("utf-8").splitlines():
        case = json.loads(line)
        language = "Chinese" if has_cjk(case["web_query"]) else "English"
        words = carried_words({"query": case["web_query"]}, Said(case["question"], read=case["private_text"]))
        asked[language] += 1
        held[language] += bool(words)
        print(f"{'yes needed' if words else 'free':10} {case['web_query']}  {' '.join(words)}")
    print("; ".join(f"{language}: {held[language]} of {asked[language]} wait for a yes" for language in asked))


if __name__ == "__main__":
    main()
