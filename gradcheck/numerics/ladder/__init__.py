"""The ladder: centred differences at many steps, each with its error bound, over noise that is measured."""
