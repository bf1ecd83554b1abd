"""What can be wrong with a checkpoint or a request.

CheckpointError(ValueError)
  NotACheckpoint        not a diffusers folder at all
  UnsafeFile            a pickle, a script, a link out of the folder
  ClassNotAllowed       a class or custom code that is not on the list
  BrokenWeights         a safetensors file that does not hold what its header says
  PartsDoNotFit         parts that cannot work together
  CheckpointUnavailable a hub repository that could not be fetched
GenerationError(ValueError)
  BadRequest            settings that this checkpoint cannot serve
Aborted(Exception)      the caller asked to stop
"""


class CheckpointError(ValueError):
    """A checkpoint cannot be used; the message says what to do."""


class NotACheckpoint(CheckpointError):
    """The folder is not a diffusers pipeline."""


class UnsafeFile(CheckpointError):
    """The folder holds a file that could run code or lead out of it."""


class ClassNotAllowed(CheckpointError):
    """A part asks for a class that is not on the list, or for custom code."""


class BrokenWeights(CheckpointError):
    """A safetensors file is truncated or its header is wrong."""


class PartsDoNotFit(CheckpointError):
    """The parts are sound, but do not belong together."""


class CheckpointUnavailable(CheckpointError):
    """A hub repository could not be fetched."""


class GenerationError(ValueError):
    """Something about a request."""


class BadRequest(GenerationError):
    """The settings cannot be served by this checkpoint."""


class Aborted(Exception):
    """Generation stopped because the caller asked for it."""
