"""Writes self-check.json: the answers a device is checked against, taken from the golden reference.

    python3 tools/tiny-tales/self_check.py test/golden/tiny-tales/reference.json public/models/tiny-tales/self-check.json

Of each prompt's logits every eighth is kept, with the ten highest, so that the file stays small.
"""
import json
import sys

source, target = sys.argv[1:3]
reference = json.load(open(source))
prompts = []
for prompt in reference["prompts"]:
    logits = prompt["last_logits"]
    ids = sorted(set(range(0, len(logits), 8)) | set(prompt["top10_ids"]))
    prompts.append(
        {
            "name": prompt["name"],
            "ids": prompt["ids"],
            "logitIds": ids,
            "logits": [logits[i] for i in ids],
            "greedy": prompt["greedy_ids"][:16],
        }
    )
json.dump({"version": 1, "tolerance": 1e-3, "prompts": prompts}, open(target, "w"), separators=(",", ":"))
