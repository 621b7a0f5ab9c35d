"""The adversary: what can be worked out from what is published. Knows the rules of the gate, uses none of its code."""
