"""A byte-pair vocabulary of the words that phantom reports use, in the format of CLIP's tokenizer."""

import json
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from images.phantom import prompts

START, END = "<|startoftext|>", "<|endoftext|>"

# Words that people write in prompts though the phantoms' own sentences do not have them.
_ALSO = (
    "chest radiograph x-ray xray frontal pa ap view of a an patient year old man woman male female with and without bilateral "
    "mild marked severe basal apical lungs are clear normal acute cardiopulmonary abnormality process opacity"
)


def build_tokenizer(folder: Path, *, length: int, seed: int) -> CLIPTokenizer:
    """Learn the merges from phantom sentences, write vocab.json and merges.txt to `folder`, and load them."""
    sentences = [row.prompt for row in prompts(4000, seed=seed)] + [_ALSO] * 20
    vocabulary, merges = _learn(sentences)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *(" ".join(merge) for merge in merges)]) + "\n")
    return CLIPTokenizer(
        vocab=str(folder / "vocab.json"), merges=str(folder / "merges.txt"), model_max_length=length, pad_token=END
    )


def _learn(sentences: list[str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges: every byte as such and at a word's end, then the learnt pieces, then the two special tokens."""
    learner = Tokenizer(models.BPE(end_of_word_suffix="</w>", continuing_subword_prefix=""))
    learner.normalizer = normalizers.Lowercase()
    learner.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Punctuation(), pre_tokenizers.WhitespaceSplit()])
    trainer = trainers.BpeTrainer(vocab_size=1400, min_frequency=2, end_of_word_suffix="</w>", show_progress=False)
    learner.train_from_iterator(sentences, trainer)
    merges = [tuple(merge) for merge in json.loads(learner.to_str())["model"]["merges"]]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = letters + [letter + "</w>" for letter in letters] + [left + right for left, right in merges]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys([*pieces, START, END]))}
    return vocabulary, [(left, right) for left, right in merges]
