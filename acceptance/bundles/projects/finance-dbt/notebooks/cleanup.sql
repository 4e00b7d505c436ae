-- Databricks notebook source
VACUUM dev.finance.ledger
