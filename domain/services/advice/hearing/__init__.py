"""What becomes of advice: given, displayed, clicked, judged; recorded, and reported."""
