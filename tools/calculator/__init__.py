"""The calculator: exact arithmetic on what a model or a person writes, never `eval`."""

from tools.calculator.evaluate import Calculation, calculator, evaluate

__all__ = ["Calculation", "calculator", "evaluate"]
