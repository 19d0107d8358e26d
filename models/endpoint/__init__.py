"""The step `endpoint` tells a speaker who has finished from one who pauses."""
