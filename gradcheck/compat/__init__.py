"""The signatures of other people's checkers, so that switching a test is one line of import.

========================================  ===========================================================================
instead of                                import
========================================  ===========================================================================
``scipy.optimize.check_grad``             `gradcheck.compat.scipy.check_grad`
``torch.autograd.gradcheck``              `gradcheck.compat.torch.gradcheck`
``torch.autograd.gradgradcheck``          `gradcheck.compat.torch.gradgradcheck`
``jax.test_util.check_grads``             `gradcheck.compat.jax.check_grads`
``autograd.test_util.check_grads``        `gradcheck.compat.autograd.check_grads`
========================================  ===========================================================================

Steps (``eps``, ``epsilon``) are accepted and not used: none is fixed here. Tolerances are derived where they are not
given, and mean ``|analytic - numeric| <= atol + rtol * |numeric|`` for each entry where they are.
"""
