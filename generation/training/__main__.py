"""`python -m generation.training`: the training without Django around it."""

from .run import main

if __name__ == "__main__":
    main()
