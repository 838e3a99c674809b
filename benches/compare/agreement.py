"""Have all programs done the same work?"""

from compare.jobs import median

# The order of the samples, the noise of a dropout and rounding differ between programs; the rest does not.
LOSS_TOLERANCE = 0.2

# Of a probability.
OUTPUT_TOLERANCE = 1e-3


def check(answers, peers):
    """Compares the losses of the first epoch, which starts from the same weights everywhere, and the predictions, with
    those of the peers. Returns what is wrong, by name of the program."""
    reference = [answers[name] for name in peers if name in answers]
    wrong = {}
    losses = [answer["losses"][0] for answer in reference if answer.get("losses")]
    outputs = [answer["output"] for answer in reference if answer.get("output")]
    for name, answer in answers.items():
        if losses and not near(answer["losses"][0], median(losses)):
            wrong[name] = f"a loss of {answer['losses'][0]:.3g}, where {median(losses):.3g} is usual"
        if outputs:
            usual = [median(column) for column in zip(*outputs)]
            if len(answer["output"]) != len(usual):
                wrong[name] = f"{len(answer['output'])} outputs, where {len(usual)} are usual"
                continue
            apart = max(abs(a - b) for a, b in zip(answer["output"], usual))
            if not apart <= OUTPUT_TOLERANCE:
                wrong[name] = f"other predictions: {apart:.2g} from the usual ones"
    return wrong


def near(loss, usual):
    return abs(loss - usual) <= LOSS_TOLERANCE * usual
