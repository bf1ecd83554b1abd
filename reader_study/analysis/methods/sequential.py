"""Anytime-valid monitoring."""

from reader_study.analysis.methods.method import Method

METHODS: dict[str, Method] = {
    "beta_mixture": Method(
        "Beta-mixture e-process",
        "Evidence against chance was measured after every read by each reader's e-process with a uniform mixture over "
        "alternatives, and for the panel by their mean.",
        "Robbins H. Ann Math Stat 1970;41:1397-1409. Vovk V, Wang R. Ann Stat 2021;49:1736-1754.",
        "Under the null a reader's calls are right with the null's probability given her past; readers may depend on each "
        "other in any way.",
    ),
    "confidence_sequence": Method(
        "Confidence sequence",
        "Accuracy is given with a confidence sequence, which holds at every read at once; that of the panel is the mean of "
        "the readers' sequences, each with alpha divided by the number of readers.",
        "Robbins H. Ann Math Stat 1970;41:1397-1409. Howard SR, Ramdas A, McAuliffe J, Sekhon J. Ann Stat 2021;49:1055-1080.",
        "Each reader has one rate of right calls throughout; readers may depend on each other in any way. It speaks of these "
        "readers, not of others.",
    ),
    "deck_mixture": Method(
        "E-process for a known deck",
        "For readers who might know the share of synthetic images, the chance of a right guess followed the cases left in "
        "the deck.",
        "Shafer G. J R Stat Soc A 2021;184:407-431.",
        "The reader may know the deck's composition and which calls were right; she guesses otherwise.",
    ),
}
