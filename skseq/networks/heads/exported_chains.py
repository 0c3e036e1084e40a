"""The best path and the marginals of a linear chain, as loops of an ONNX graph."""

from skseq.networks.exporting import export_positions


class ExportedChain:
    """A chain in an ONNX graph.

    Parameters
    ----------
    graph : skseq.export.Graph
        The graph.
    chain : Chain
        The scores of transitions and of the first and the last label; no emissions.
    emissions : str
        Name of the emissions (batch, time, n_classes).
    steps : Steps
        The sequences.
    """

    def __init__(self, graph, chain, emissions, steps):
        self.graph = graph
        self.chain = chain
        shape = ["batch", len(chain.first)]
        self.state_shape = shape
        # All loops are over the first axis.
        emissions = graph.add("Transpose", emissions, perm=[1, 0, 2])
        self.emissions = {emissions: ("float32", shape)}
        last = graph.add("Sub", steps.lengths, graph.integer(1))
        last = graph.add("Unsqueeze", last, graph.integers(1))
        is_last = graph.add("Equal", export_positions(graph, steps.x), last)
        is_last = graph.add("Transpose", is_last, perm=[1, 0])
        is_last = graph.add("Unsqueeze", is_last, graph.integers(2))  # (time, batch, 1)
        self.is_last = {is_last: ("bool", ["batch", 1])}
        one_step = graph.add("Gather", emissions, graph.integer(0), axis=0)
        size = graph.add("Shape", one_step)  # (batch, n_classes)
        self.first = graph.add("Expand", graph.constant(chain.first), size)
        self.last = graph.add("Expand", graph.constant(chain.last), size)

    def run_forward(self, reduction):
        """Return scores of the labels of all steps, given all steps until then."""
        graph, transitions = self.graph, self.graph.constant(self.chain.transitions)

        def run_step(before, emission):
            scores = graph.add("Add", before, emission)  # (batch, from)
            scores = self.subtract_largest(scores)
            column = graph.add("Unsqueeze", scores, graph.integers(2))
            pairs = graph.add("Add", column, transitions)  # (batch, from, to)
            return graph.add(reduction, pairs, graph.integers(1), keepdims=0), scores

        return graph.scan(
            run_step, self.first, self.emissions, state_shape=self.state_shape
        )

    def run_backward(self):
        """Return log scores of the labels of all steps, given all steps after them."""
        graph, transitions = self.graph, self.graph.constant(self.chain.transitions)

        def run_step(rest, emission, is_last):
            rest = graph.add("Where", is_last, self.last, rest)
            scores = self.subtract_largest(graph.add("Add", rest, emission))
            row = graph.add("Unsqueeze", scores, graph.integers(1))
            pairs = graph.add("Add", row, transitions)  # (batch, from, to)
            before = graph.add("ReduceLogSumExp", pairs, graph.integers(2), keepdims=0)
            return before, graph.add("Identity", rest)

        slices = self.emissions | self.is_last
        return graph.scan(
            run_step, self.last, slices, state_shape=self.state_shape, reverse=True
        )

    def find_best_path(self):
        """Return the positions of the most likely labels: (time, batch)."""
        graph, into = self.graph, self.graph.constant(self.chain.transitions.T)

        def run_step(rest, scores, is_last):
            rest = graph.add("Where", is_last, self.last, rest)
            scores = graph.add("Add", scores, rest)
            label = graph.add("ArgMax", scores, axis=1, keepdims=0)
            return graph.add("Gather", into, label, axis=0), label

        slices = {self.run_forward("ReduceMax"): ("float32", self.state_shape)}
        return graph.scan(
            run_step,
            self.last,
            slices | self.is_last,
            state_shape=self.state_shape,
            reverse=True,
        )

    def find_marginals(self):
        """Return the log probabilities of the labels: (time, batch, n_classes)."""
        scores = self.run_forward("ReduceLogSumExp")
        scores = self.graph.add("Add", scores, self.run_backward())
        return self.graph.add("LogSoftmax", scores, axis=2)

    def export(self):
        """Return the positions of labels and the log probabilities in one tensor.

        It is (batch, time, 1 + n_classes).
        """
        graph = self.graph
        labels = graph.cast(self.find_best_path(), "float32")
        labels = graph.add("Unsqueeze", labels, graph.integers(2))
        both = graph.add("Concat", labels, self.find_marginals(), axis=2)
        return graph.add("Transpose", both, perm=[1, 0, 2])

    def subtract_largest(self, scores):
        """Return scores without a common summand, so that long chains are precise."""
        largest = self.graph.add("ReduceMax", scores, self.graph.integers(1), keepdims=1)
        return self.graph.add("Sub", scores, largest)
