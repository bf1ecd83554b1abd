"""Small networks with random weights, written by the libraries themselves in the formats in which theirs are published."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    BertConfig,
    CLIPConfig,
    CLIPModel,
    CLIPTextConfig,
    CLIPVisionConfig,
    Dinov2Config,
    Dinov2Model,
    PreTrainedTokenizerFast,
    VisionTextDualEncoderConfig,
    VisionTextDualEncoderModel,
    ViTConfig,
)

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "no", "effusion", "large", "left", "pleural", "pneumothorax", "right"]
LONGEST = 12
TEXT = {"vocab_size": len(WORDS), "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
TEXT |= {"intermediate_size": 32, "max_position_embeddings": LONGEST, "pad_token_id": 0}
VISION = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
VISION |= {"patch_size": 8, "image_size": 32}


def processor(edge: int, crop: int, **more: object) -> dict[str, object]:
    """A preprocessor_config.json as transformers writes it."""
    return {
        "do_resize": True,
        "size": {"shortest_edge": edge},
        "do_center_crop": True,
        "crop_size": {"height": crop, "width": crop},
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [0.5, 0.4, 0.3],
        "image_std": [0.2, 0.3, 0.4],
        "resample": 3,
        **more,
    }


def save_processor(folder: Path, **values: object) -> None:
    """Beside the weights, as on the hub."""
    (folder / "preprocessor_config.json").write_text(json.dumps(values))


def save_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """A tokenizer of a few words."""
    raw = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    raw.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, model_max_length=LONGEST, **names)
    tokenizer.save_pretrained(folder)
    return tokenizer


def save_dinov2(folder: Path) -> Dinov2Model:
    """A DINOv2 of one layer at 28 pixels."""
    torch.manual_seed(1)
    network = Dinov2Model(Dinov2Config(**{**VISION, "patch_size": 14, "image_size": 28, "mlp_ratio": 2})).eval()
    network.save_pretrained(folder)
    save_processor(folder, **processor(32, 28))
    return network


def save_clip(folder: Path) -> CLIPModel:
    """A CLIP of one layer a side, projecting to 8."""
    torch.manual_seed(2)
    text = CLIPTextConfig(**{**TEXT, "bos_token_id": 2, "eos_token_id": 3})
    network = CLIPModel(CLIPConfig(text_config=text, vision_config=CLIPVisionConfig(**VISION), projection_dim=8)).eval()
    network.save_pretrained(folder)
    save_tokenizer(folder)
    return network


def save_dual_encoder(folder: Path) -> VisionTextDualEncoderModel:
    """A vision transformer and a BERT, each of one layer, projecting to 8."""
    torch.manual_seed(3)
    config = VisionTextDualEncoderConfig.from_vision_text_configs(
        ViTConfig(**VISION), BertConfig(**TEXT), projection_dim=8
    )
    network = VisionTextDualEncoderModel(config).eval()
    network.save_pretrained(folder)
    save_tokenizer(folder)
    save_processor(folder, **processor(36, 32, do_normalize=False))
    return network


def save_open_clip(folder: Path) -> object:
    """As BiomedCLIP is published: a vision transformer of timm's and a BERT, in open_clip's format."""
    import open_clip

    folder.mkdir(parents=True, exist_ok=True)
    BertConfig(**TEXT).save_pretrained(folder)
    save_tokenizer(folder)
    vision = {"layers": 1, "width": 32, "head_width": 16, "patch_size": 8, "image_size": 32}
    text = {"hf_model_name": "owner/some-bert", "hf_proj_type": "mlp", "hf_pooler_type": "cls_last_hidden_state_pooler"}
    config = {"embed_dim": 8, "vision_cfg": vision, "text_cfg": {**text, "context_length": LONGEST}}
    config["text_cfg"]["hf_tokenizer_name"] = "owner/some-bert"
    preprocess = {"mean": [0.48, 0.46, 0.41], "std": [0.27, 0.26, 0.28], "interpolation": "bicubic"}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": preprocess}))
    torch.manual_seed(4)
    own = {**config["text_cfg"], "hf_model_name": str(folder), "hf_model_pretrained": False}
    network = open_clip.create_model(f"local-dir:{folder}", text_cfg=own).eval()
    save_file(network.state_dict(), folder / "open_clip_model.safetensors")
    return network
