"""What a simulated bot makes of a text: its intent by a lexical classifier, its mood by a lexicon."""

from jackfield.adapters.simulator.platform.understanding.classifier import NONE, Guess
from jackfield.adapters.simulator.platform.understanding.lessons import Lessons
from jackfield.adapters.simulator.platform.understanding.moods import sentiment

__all__ = ["NONE", "Guess", "Lessons", "sentiment"]
