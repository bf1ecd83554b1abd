"""The extractors by name. A new one is a file with an `open_...` function and its entry here, or a plug-in."""

from __future__ import annotations

from pathlib import Path

from evaluation.features import channels, clip, dinov2, hf_folder, inception, open_clip_pair, xrv_files
from evaluation.features.base import BF16, FLOAT32, Extractor, UnknownExtractor
from evaluation.features.kinds import ExtractorKind
from evaluation.features.options import split_options, with_options
from evaluation.features.preprocessing import ROENTGEN, XRV_SCALING
from evaluation.features.random_densenet import HOW_TO_GET, open_random_densenet
from evaluation.features.xrv_autoencoder import AUTOENCODER_WEIGHTS, open_xrv_autoencoder
from evaluation.features.xrv_folder import open_densenet_folder
from evaluation.features.xrv_hub import HUB_WEIGHTS, is_hub_name, open_hub_densenet
from evaluation.features.xrv_resnet import RESNET_WEIGHTS, open_xrv_resnet

XRV_DOWNLOAD = "`manage.py extractors --download WEIGHTS`, or copy the file to ~/.torchxrayvision/models_data"
HUB_DOWNLOAD = "`hf download OWNER/NAME` on a machine with internet, or a folder of the same files"
SQUARE = "middle square, bilinear, antialiased (torch)"
SHORTEST = "shortest edge, bicubic, antialiased (Pillow), middle square"


def _open_densenet(weights: str) -> Extractor:
    return open_hub_densenet(weights) if is_hub_name(weights) else open_densenet_folder(Path(weights))


def _densenet_is_here(weights: str) -> bool:
    return xrv_files.is_hub_file(weights) if is_hub_name(weights) else Path(weights).is_dir()


def _inception_is_here(weights: str) -> bool:
    return inception.inception_path().is_file() if weights == inception.PUBLISHED else Path(weights).is_file()


_KINDS = (
    ExtractorKind(
        "xrv-densenet",
        "torchxrayvision DenseNet-121",
        f"One of {', '.join(HUB_WEIGHTS)}, or a folder with config.json and model.safetensors.",
        HUB_WEIGHTS[0],
        _open_densenet,
        published=HUB_WEIGHTS,
        preprocessings=(ROENTGEN,),
        is_here=_densenet_is_here,
        features="1024, after the last ReLU, averaged; 18 pathologies",
        input=f"224 x 224, {SQUARE}",
        scaling=XRV_SCALING,
        licence=xrv_files.LICENCE,
        how_to_get=XRV_DOWNLOAD,
    ),
    ExtractorKind(
        "xrv-resnet",
        "torchxrayvision ResNet-50 at 512 pixels",
        f"{RESNET_WEIGHTS[0]}.",
        RESNET_WEIGHTS[0],
        open_xrv_resnet,
        published=RESNET_WEIGHTS,
        is_here=xrv_files.is_hub_file,
        features="2048, averaged; 18 pathologies",
        input=f"512 x 512, {SQUARE}",
        scaling=XRV_SCALING,
        licence=xrv_files.LICENCE,
        how_to_get=XRV_DOWNLOAD,
    ),
    ExtractorKind(
        "xrv-autoencoder",
        "torchxrayvision autoencoder (ResNetAE)",
        f"{AUTOENCODER_WEIGHTS[0]}.",
        AUTOENCODER_WEIGHTS[0],
        open_xrv_autoencoder,
        published=AUTOENCODER_WEIGHTS,
        is_here=xrv_files.is_hub_file,
        features="512, the latent map, averaged",
        input=f"224 x 224, {SQUARE}",
        scaling=XRV_SCALING,
        licence=xrv_files.LICENCE,
        how_to_get=XRV_DOWNLOAD,
    ),
    ExtractorKind(
        "inception",
        "Inception of FID (torch-fidelity)",
        f"{inception.PUBLISHED}, or the path of torch-fidelity's file {inception.FILE}.",
        inception.PUBLISHED,
        inception.open_inception,
        published=(inception.PUBLISHED,),
        is_here=_inception_is_here,
        features="2048, the last average pool",
        input="299 x 299, whole image, bilinear of TensorFlow 1, not antialiased",
        scaling="(x - 128) / 128",
        licence=inception.LICENCE,
        how_to_get=inception.HOW_TO_GET,
    ),
    ExtractorKind(
        "rad-dino",
        "RAD-DINO, a DINOv2 of chest radiographs",
        "microsoft/rad-dino, or a folder of its files.",
        dinov2.RAD_DINO_WEIGHTS[0],
        dinov2.open_rad_dino,
        published=dinov2.RAD_DINO_WEIGHTS,
        is_here=hf_folder.is_here,
        features="768, the class token",
        input=f"{channels.RAD_DINO.crop} x {channels.RAD_DINO.crop}, {SHORTEST}",
        scaling="x / 255, its mean and SD",
        licence=dinov2.RAD_DINO_LICENCE,
        how_to_get=HUB_DOWNLOAD,
    ),
    ExtractorKind(
        "dinov2",
        "DINOv2",
        "A repository of the hub (facebook/dinov2-large, -base, -small ...), or a folder of its files.",
        dinov2.DINOV2_WEIGHTS[0],
        dinov2.open_dinov2,
        published=dinov2.DINOV2_WEIGHTS,
        is_here=hf_folder.is_here,
        features="384 to 1536, the class token",
        input=f"224 x 224, {SHORTEST} of 256",
        scaling="x / 255, ImageNet's mean and SD",
        licence=dinov2.DINOV2_LICENCE,
        how_to_get=HUB_DOWNLOAD,
    ),
    ExtractorKind(
        "clip",
        "CLIP, image and text",
        "A repository of the hub (openai/clip-vit-large-patch14-336 ...), or a folder of its files.",
        clip.CLIP_WEIGHTS[0],
        clip.open_clip_pair,
        published=clip.CLIP_WEIGHTS,
        is_here=hf_folder.is_here,
        reads_text=True,
        features="512 to 1024, the projection",
        input=f"224 or 336, {SHORTEST}",
        scaling="x / 255, CLIP's mean and SD",
        licence=clip.CLIP_LICENCE,
        how_to_get=HUB_DOWNLOAD,
    ),
    ExtractorKind(
        "open-clip",
        "BiomedCLIP and others in open_clip's format, image and text",
        "A repository of the hub or a folder with open_clip_config.json and safetensors (extra openclip).",
        open_clip_pair.OPEN_CLIP_WEIGHTS[0],
        open_clip_pair.open_open_clip,
        published=open_clip_pair.OPEN_CLIP_WEIGHTS,
        is_here=open_clip_pair.open_clip_is_here,
        reads_text=True,
        features="512, the projection",
        input=f"224 x 224, {SHORTEST}",
        scaling="x / 255, CLIP's mean and SD",
        licence=open_clip_pair.LICENCE,
        how_to_get=f"{HUB_DOWNLOAD}; pip install 'negatoscope[openclip]'",
    ),
    ExtractorKind(
        "dual-encoder",
        "BioViL-class image and text encoders (a transformers dual encoder)",
        "A folder that VisionTextDualEncoderModel.save_pretrained wrote, with its tokenizer.",
        "",
        clip.open_dual_encoder,
        is_here=hf_folder.is_here,
        reads_text=True,
        features="the projection",
        input=f"as its preprocessor_config.json says, {SHORTEST}",
        scaling="as its preprocessor_config.json says",
        licence="that of the folder",
        how_to_get="save a pair with VisionTextDualEncoderModel; see docs/extractors.md",
    ),
    ExtractorKind(
        "random-densenet",
        "small DenseNet with random weights (for trying the machinery only)",
        "A seed, or nothing.",
        "",
        open_random_densenet,
        for_conclusions=False,
        features="32, averaged; 7 findings",
        input=f"64 x 64, {SQUARE}",
        scaling=XRV_SCALING,
        how_to_get=HOW_TO_GET,
    ),
)

# Those of other packages are added by the package's __init__, when what they import from it is there.
EXTRACTORS: dict[str, ExtractorKind] = {kind.name: kind for kind in _KINDS}


def open_extractor(name: str, weights: str = "", precision: str = FLOAT32) -> Extractor:
    """The named extractor with its weights loaded. Raises ExtractorError with what to do.

    `weights` may end in options: "+bf16" (as precision="bf16") or "+roentgen-xrv-v1".
    """
    if name not in EXTRACTORS:
        raise UnknownExtractor(f"There is no extractor {name!r}. Known: {', '.join(EXTRACTORS)}.")
    kind = EXTRACTORS[name]
    base, options = split_options(weights)
    if precision not in (FLOAT32, BF16):
        raise UnknownExtractor(f"There is no precision {precision!r}. Known: {FLOAT32}, {BF16}.")
    if precision == BF16 and BF16 not in options:
        options = (*options, BF16)
    return with_options(kind.open(base or kind.default_weights), options, kind.preprocessings)
