"""Second interpreter of circuits in Python integers, written from docs/specs/circuit.md alone.

    circuit_reference.py CIRCUIT.json < inputs > outputs

A line of blank-separated integers per row, in the order of the ports.
"""

import json
import sys


def operate(node, operands, inputs, tables):
    """The integer of one node."""
    a, b, c = (list(operands) + [0, 0, 0])[:3]
    low, high = node["interval"]
    s, t = (node.get("shift", []) + [0, 0])[:2]
    op = node["op"]
    if op == "input":
        return inputs[node["input"]]
    if op == "constant":
        return low
    if op == "add":
        return a * 2**s + b * 2**t
    if op == "subtract":
        return a * 2**s - b * 2**t
    if op == "multiply":
        return a * b
    if op == "table":
        table = tables[node["table"]]
        return table["columns"][node["column"]]["values"][a - table["first"]]
    if op == "saturate":
        return min(max(a, low), high)
    if op == "wrap":
        return low + (a - low) % (high - low + 1)
    if op == "round":
        return (a + (2**s // 2 if node["rounding"] == "nearest" else 0)) // 2**s
    if op == "scale":
        return a * 2**s
    if op == "select":
        return b if a != 0 else c
    if op == "less":
        return int(a * 2**s < b * 2**t)
    if op == "less_equal":
        return int(a * 2**s <= b * 2**t)
    if op == "equal":
        return int(a * 2**s == b * 2**t)
    raise ValueError(f"unknown operation {op}")


class Reference:
    """A circuit as read from its JSON text."""

    def __init__(self, text):
        self.circuit = json.loads(text)
        self.tables = {table["name"]: table for table in self.circuit["tables"]}

    def run(self, inputs):
        """Integers at the outputs for integers at the inputs."""
        values = {}
        for node in self.circuit["nodes"]:
            operands = [values[name] for name in node.get("of", [])]
            value = operate(node, operands, inputs, self.tables)
            low, high = node["interval"]
            if not low <= value <= high:
                raise AssertionError(f"{node['name']} = {value} lies outside {low} ... {high}")
            values[node["name"]] = value
        return [values[port["node"]] for port in self.circuit["outputs"]]


def main():
    """Runs the rows of standard input."""
    with open(sys.argv[1], encoding="utf-8") as file:
        reference = Reference(file.read())
    for line in sys.stdin:
        print(*reference.run([int(word) for word in line.split()]))


if __name__ == "__main__":
    main()
