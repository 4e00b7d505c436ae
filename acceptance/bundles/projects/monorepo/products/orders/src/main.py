# Databricks notebook source
from numbers import double
