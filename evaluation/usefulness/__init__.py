"""Usefulness: does training on synthetic images teach a classifier what real images would have taught it?"""
