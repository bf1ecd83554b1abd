"""What a checkpoint folder may name and hold. Everything else is refused.

To allow another class: add it here, add a tiny checkpoint of it to the tests, and say in docs/checkpoints.md what it is.
"""

from typing import Final

PIPELINES: Final = frozenset({"StableDiffusionPipeline"})

#: component -> classes that we load, by the library that defines them
CLASSES: Final[dict[str, dict[str, frozenset[str]]]] = {
    "vae": {"diffusers": frozenset({"AutoencoderKL"})},
    "unet": {"diffusers": frozenset({"UNet2DConditionModel"})},
    "text_encoder": {"transformers": frozenset({"CLIPTextModel", "BertModel", "RobertaModel"})},
    "tokenizer": {
        "transformers": frozenset(
            {
                "CLIPTokenizer",
                "CLIPTokenizerFast",
                "BertTokenizer",
                "BertTokenizerFast",
                "RobertaTokenizer",
                "RobertaTokenizerFast",
                "PreTrainedTokenizerFast",
            }
        )
    },
    "scheduler": {
        "diffusers": frozenset(
            {
                "DDIMScheduler",
                "DDPMScheduler",
                "DEISMultistepScheduler",
                "DPMSolverMultistepScheduler",
                "DPMSolverSinglestepScheduler",
                "EulerAncestralDiscreteScheduler",
                "EulerDiscreteScheduler",
                "HeunDiscreteScheduler",
                "LMSDiscreteScheduler",
                "PNDMScheduler",
                "UniPCMultistepScheduler",
            }
        )
    },
}

#: Named in many folders, never loaded here: they judge or edit photographs, not radiographs.
IGNORED_COMPONENTS: Final = frozenset({"safety_checker", "feature_extractor", "image_encoder"})

#: Parts with weights, in the order in which pages list them.
WEIGHTED: Final = ("vae", "text_encoder", "unet")

PICKLE_SUFFIXES: Final = frozenset({".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle"})

#: Suffixes that a folder may hold; the empty one is for LICENSE, NOTICE and their like.
FILE_SUFFIXES: Final = frozenset(
    {"", ".json", ".txt", ".safetensors", ".md", ".png", ".jpg", ".jpeg", ".yaml", ".yml", ".csv", ".gitattributes"}
)

#: What is fetched of a hub repository: never a pickle, never a script.
HUB_PATTERNS: Final = ("model_index.json", "*/*.json", "*/*.txt", "*/*.safetensors")
