"""The calculator: exact arithmetic on what a model or a person writes, never `eval`."""

from cairn.tools.calculator.evaluation import Calculation, calculator, evaluate

__all__ = ["Calculation", "calculator", "evaluate"]
